{#-
The rows of a model that refer to a row which another model does not have: {column: {to: ref('model'), field: column}}.
A test of its own, so that what is built from a model waits for its rules and not for the models that it refers to;
a model that no model is made from has its references in `rules`.
-#}
{% test references(model, references) %}
    {%- for column, parent in references.items() %}
    {{ broken_reference(model, column, parent) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{% endtest %}
