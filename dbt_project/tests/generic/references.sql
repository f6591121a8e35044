{#-
The rows of a model that refer to a row which another model does not have: {column: {to: ref('model'), field: column}}.
A test of its own, so that what is built from a model waits for its rules and not for the models that it refers to.
-#}
{% test references(model, references) %}
    {%- for column, parent in references.items() %}
    {{ broken_rule('references', column, orphans(model, column, parent['to'], parent['field'])) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{% endtest %}
