{#- The rows that break a rule, each with `rule_name`, `tested_column` and `row_content`, which is the row as JSON. -#}
{% macro broken_rules(model, of_columns, grain, expressions, spans_of, references) -%}
    {%- set conditions, selects = [], [] -%}
    {%- for column, rules in of_columns.items() -%}
        {%- for rule, argument in rules.items() -%}
            {%- if rule in row_rules() -%}
                {%- do conditions.append((rule, column, breaks(rule, column, argument))) -%}
            {%- elif rule == 'unique' -%}
                {%- do selects.append(broken_rule('unique', column, repeated(model, [column]))) -%}
            {%- elif rule == 'no_day_missing' -%}
                {%- do selects.append(broken_rule(rule, column, missing_after(model, column, 'day'))) -%}
            {%- elif rule == 'no_month_missing' -%}
                {%- do selects.append(broken_rule(rule, column, missing_after(model, column, 'month'))) -%}
            {%- else -%}
                {{ exceptions.raise_compiler_error(model.identifier ~ '.' ~ column ~ ' has the rule ' ~ rule ~ '; expected ' ~ column_rules() | join(', ')) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name, expression in expressions.items() -%}
        {%- do conditions.append((name, none, 'not coalesce(' ~ expression ~ ', false)')) -%}
    {%- endfor -%}
    {%- if grain -%}
        {%- do selects.append(broken_rule('unique', grain | join(', '), repeated(model, grain))) -%}
    {%- endif -%}
    {%- if spans_of -%}
        {%- do selects.append(broken_rule('no_gap_in_time', spans_of, gaps(model, spans_of))) -%}
        {%- do selects.append(broken_rule('no_overlap_in_time', spans_of, overlaps(model, spans_of))) -%}
        {%- do selects.append(broken_rule('one_current', spans_of, not_once_current(model, spans_of))) -%}
    {%- endif -%}
    {%- for column, parent in references.items() -%}
        {%- do selects.append(broken_reference(model, column, parent)) -%}
    {%- endfor -%}
    {%- if conditions -%}
        {%- do selects.insert(0, broken_conditions(model, conditions)) -%}
    {%- endif -%}
    {{ selects | join('\nunion all\n') }}
{%- endmacro %}

{#- All words that may stand in a column's `rules`, and those of them that one row is enough for. -#}
{% macro column_rules() -%}
    {{ return(row_rules() + ['unique', 'no_day_missing', 'no_month_missing']) }}
{%- endmacro %}

{% macro row_rules() -%}
    {{ return(['not_null', 'accepted_values', 'accepted_range']) }}
{%- endmacro %}

{#- The rules of a model's columns, by column; also what the contract says where the engine does not hold it. -#}
{% macro rules_of_columns(name) -%}
    {%- set found = {} -%}
    {%- for column in graph.nodes['model.' ~ project_name ~ '.' ~ name].columns.values() -%}
        {%- set rules = dict(column.meta.get('rules', {})) -%}
        {%- if 'not_null' in column.constraints | map(attribute='type') | map('string') and not enforces_constraints() -%}
            {%- do rules.update({'not_null': true}) -%}
        {%- endif -%}
        {%- do found.update({column.name: rules}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The condition of a row that breaks a rule. A null breaks `not_null` only. -#}
{% macro breaks(rule, column, argument) -%}
    {%- if rule == 'not_null' -%}
        {{ column }} is null
    {%- elif rule == 'accepted_values' -%}
        {{ column }} not in (
        {%- for value in argument %}{{ dbt.string_literal(value) }}{{ ', ' if not loop.last }}{% endfor -%}
        )
    {%- else -%}
        {%- set ends = [] -%}
        {%- if 'min_value' in argument %}{% do ends.append(column ~ ' < ' ~ argument['min_value']) %}{% endif -%}
        {%- if 'max_value' in argument %}{% do ends.append(column ~ ' > ' ~ argument['max_value']) %}{% endif -%}
        {{ ends | join(' or ') }}
    {%- endif -%}
{%- endmacro %}

{#- Every rule that one row can break, in one scan: rows that break none are left out before they meet the rules. -#}
{% macro broken_conditions(model, conditions) -%}
    select
        rules.rule_name,
        rules.tested_column,
        {{ row_as_json('suspects') }} as row_content
    from (
        select *
        from {{ model }}
        where
            {%- for _, _, condition in conditions %}
            {{ "or " if not loop.first }}({{ condition }})
            {%- endfor %}
    ) as suspects
    inner join (
        {%- for rule, column, _ in conditions %}
        {{ "union all " if not loop.first -}}
        select {{ loop.index }} as rule_number, {{ rule_and_column(rule, column) }}
        {%- endfor %}
    ) as rules
        on
            case rules.rule_number
                {%- for _, _, condition in conditions %}
                when {{ loop.index }} then {{ condition }}
                {%- endfor %}
            end
{%- endmacro %}

{% macro broken_rule(rule, column, rows) -%}
    select
        {{ rule_and_column(rule, column) }},
        {{ row_as_json('broken') }} as row_content
    from ({{ rows }}) as broken
{%- endmacro %}

{% macro broken_reference(model, column, parent) -%}
    {{ broken_rule('references', column, orphans(model, column, parent['to'], parent['field'])) }}
{%- endmacro %}

{% macro rule_and_column(rule, column) -%}
    {{ dbt.string_literal(rule) }} as rule_name, {{ dbt.string_literal(column) if column else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as tested_column
{%- endmacro %}
