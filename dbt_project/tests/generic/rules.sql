{#-
The rows of a model that break one of its rules, with the rule's name and column: the rules of each column under
`config: {meta: {rules: ...}}`, those of the table as arguments. Columns and expressions cost one scan together.
    grain: columns that are unique together
    expressions: what is true in every row, by name
    spans_of: key whose spans [valid_from, valid_to) follow each other without a gap, the last of them current
    references: columns whose values another model has, {column: {to: ref('model'), field: column}}; for models that no
        model is made from, as what is made from one would wait for all that it refers to (test `references`)
-#}
{% test rules(model, grain=none, expressions=none, spans_of=none, references=none) %}
    {%- if execute %}
    {{ broken_rules(model, rules_of_columns(model.identifier), grain or [], expressions or {}, spans_of, references or {}) }}
    {%- endif %}
{% endtest %}
