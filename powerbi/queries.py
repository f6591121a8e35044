"""The M of the model: where its tables come from, chosen by a parameter."""

from __future__ import annotations

from powerbi.model import FIGURES, Column, Table

EXPORTS, DRIVER, CONNECTOR = "Parquet exports", "DuckDB ODBC driver", "DuckDB connector"
FOLDER = r"C:\sales-analytics-platform\data\demo\published"
M_TYPES = {
    "string": "type text",
    "int64": "Int64.Type",
    "decimal": "Currency.Type",
    "double": "type number",
    "boolean": "type logical",
}
PUBLICATION_FIELDS = ("version", "run_id", "data_through")
# The days that the sales are complete through, and which run says so.
PUBLICATION = Table(
    "main",
    "publication",
    "One row: the published version that the last refresh has read.",
    (
        Column("version", "Number of the published version.", "integer", "int64", is_hidden=False),
        Column("run_id", "Run that published it.", "string", "string", is_hidden=False),
        Column("data_through", "Day that the sales are complete through.", "date", "dateTime", is_hidden=False),
    ),
)
READ_MANIFEST = """() as record =>
    let
        Files = Folder.Files(ExportsFolder),
        Pointer = Table.SelectRows(Files, each [Name] = "current.json")
    in
        if Table.IsEmpty(Pointer) then
            error Error.Record(
                "Sales.NoExports",
                "There is no current.json in " & ExportsFolder,
                "Set the parameter ExportsFolder to the folder exports of a published shop."
            )
        else
            Json.Document(Pointer{0}[Content])"""
READ_TABLE = f"""(schemaName as text, tableName as text) as table =>
    let
        FromExports = () =>
            let
                IsWanted = each [table] = schemaName & "." & tableName and [format] = "parquet",
                Wanted = List.Select(ReadManifest()[files], IsWanted),
                Files = Folder.Files(ExportsFolder),
                Place = (row) => Text.Replace(row[Folder Path] & row[Name], "\\", "/"),
                Read = (file) =>
                    let
                        IsThere = each Text.EndsWith(Place(_), "/" & file[path])
                    in
                        Parquet.Document(Table.SelectRows(Files, IsThere){{0}}[Content])
            in
                if List.IsEmpty(Wanted) then
                    error Error.Record(
                        "Sales.NotExported",
                        "current.json names no Parquet file of " & schemaName & "." & tableName,
                        "Add parquet to the formats of exports in the client file and publish again."
                    )
                else
                    Table.Combine(List.Transform(Wanted, Read)),
        FromDriver = () =>
            Odbc.Query(
                "driver={{DuckDB Driver}};database=" & DatabaseFile & ";access_mode=READ_ONLY",
                "select * from " & schemaName & "." & tableName
            ),
        FromConnector = () =>
            let
                // By its name at run time: without the connector the other two sources would not load either.
                Contents = Record.Field(#shared, "DuckDB.Contents")
            in
                Contents(DatabaseFile, "", true, false, "single", []){{[Item = tableName]}}[Data]
    in
        if SourceKind = "{EXPORTS}" then FromExports()
        else if SourceKind = "{DRIVER}" then FromDriver()
        else FromConnector()"""


def parameters() -> dict[str, tuple[str, str]]:
    """Each parameter with what it is for and its M."""
    kinds = ", ".join(f'"{kind}"' for kind in (EXPORTS, DRIVER, CONNECTOR))
    required = 'Type="Text", IsParameterQueryRequired=true'
    text = f"meta [IsParameterQuery=true, {required}]"
    return {
        "SourceKind": (
            "Which files the tables come from; the first kind needs no driver.",
            f'"{EXPORTS}" meta [IsParameterQuery=true, List={{{kinds}}}, DefaultValue="{EXPORTS}", {required}]',
        ),
        "ExportsFolder": (f"The folder with current.json, for {EXPORTS}.", f'"{FOLDER}\\exports" {text}'),
        "DatabaseFile": ("The published file, for the other two.", f'"{FOLDER}\\sales_analytics.duckdb" {text}'),
    }


def functions() -> dict[str, tuple[str, str]]:
    """Each function with what it does and its M."""
    return {
        "ReadManifest": ("What current.json says: the version to read and its files.", READ_MANIFEST),
        "ReadTable": ("One published table, from where SourceKind says.", READ_TABLE),
    }


def partition(table: Table) -> str:
    """The M that loads a table, with the columns and types of the model whatever the source calls them."""
    if table.name == FIGURES:
        return "#table(type table [placeholder = text], {})"
    source = f'ReadTable("{table.schema}", "{table.name}")'
    if table is PUBLICATION:
        fields = ", ".join(f'"{field}"' for field in PUBLICATION_FIELDS)
        source = (
            f'if SourceKind = "{EXPORTS}" '
            f"then Table.FromRecords({{Record.SelectFields(ReadManifest(), {{{fields}}})}}) "
            'else ReadTable("main", "_meta")'
        )
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    types = ",\n        ".join(f'{{"{column.name}", {_m_type(column)}}}' for column in table.columns)
    return f"""let
    Source = {source},
    Chosen = Table.SelectColumns(Source, {{{names}}}),
    Typed = Table.TransformColumnTypes(Chosen, {{
        {types}
    }})
in
    Typed"""


def _m_type(column: Column) -> str:
    if column.data_type == "dateTime":
        return "type date" if column.sql_type == "date" else "type datetime"
    return M_TYPES[column.data_type]
