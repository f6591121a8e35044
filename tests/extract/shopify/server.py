"""Shopify's GraphQL Admin API, played by its own schema: pages, costs, limits, rights, tokens and faults."""

from __future__ import annotations

import base64
import gzip
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from graphql import GraphQLSchema, build_client_schema, execute_sync, get_named_type, parse, validate
from graphql.language import FieldNode, InlineFragmentNode, IntValueNode, VariableNode

from tests.machine import SHOPIFY_SCHEMA

CLIENT_ID, CLIENT_SECRET, TOKEN = "0a1b2c-of-the-app", "shpss_s3cret", "shpat_t0ken"
RIGHTS = ("read_orders", "read_all_orders", "read_customers", "read_products", "read_inventory")
TERM = re.compile(r"(\w+):(<=|>=|<|>)?'?([^' ]+)'?")
Fault = Callable[[BaseHTTPRequestHandler], bool]
Record = dict[str, Any]


@cache
def schema() -> GraphQLSchema:
    """Of the version that is asked for."""
    with gzip.open(SHOPIFY_SCHEMA) as stream:
        found = json.load(stream)
    return build_client_schema(found.get("data", found), assume_valid=True)


@cache
def question(text: str) -> Any:
    """A query that the schema allows."""
    document = parse(text)
    if errors := validate(schema(), document):
        raise AssertionError("; ".join(map(str, errors)))
    return document


class Shopify(ThreadingHTTPServer):
    """A shop whose records tests change; ``before`` is called before a question is answered, with its number."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.orders: list[Record] = []
        self.customers: list[Record] = []
        self.products: list[Record] = []
        self.currency = "EUR"
        self.rights = RIGHTS
        self.asked: list[tuple[str, Record]] = []
        self.faults: list[Fault] = []
        self.before: Callable[[int], None] = lambda _: None
        self.count: Callable[[int], int] = lambda number: number
        self.tokens = 0
        self.token = ""
        self.most_points = 1000.0  # for one question
        self.points = 1e9
        self.throttled = 0
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up early are part of these tests; a question that Shopify would not answer is none."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def answer(self, text: str, variables: Record) -> Record:
        """The body that answers a question."""
        document = question(text)
        cost = _cost(document.definitions[0].selection_set, schema().query_type, variables)
        status = {"maximumAvailable": 2000.0, "currentlyAvailable": self.points, "restoreRate": 100.0}
        extensions = {"cost": {"requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": status}}
        if cost > self.most_points:
            said = f"Query cost is {cost}, which exceeds the single query max cost limit ({self.most_points})."
            return {"errors": [{"message": said, "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
        if cost > self.points:
            self.throttled += 1
            self.points += 1000
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return {"errors": [throttled], "extensions": extensions}
        self.points -= cost
        status["currentlyAvailable"] = self.points
        result = execute_sync(
            schema(), document, root_value=_Root(self), variable_values=variables, field_resolver=_resolve,
            context_value=self, type_resolver=lambda value, *_: value["id"].split("/")[3],
        )  # fmt: skip
        assert not result.errors, result.errors
        return {"data": result.data, "extensions": extensions}


class _Root(dict[str, Any]):
    """The fields of the query root."""

    def __init__(self, shop: Shopify) -> None:
        self.shop = shop

    def field(self, name: str, arguments: Record) -> Any:
        shop, asked = self.shop, arguments.get("query") or ""
        if name == "currentAppInstallation":
            return {"accessScopes": [{"handle": one} for one in shop.rights]}
        if name == "node":
            return _nodes(shop).get(arguments["id"])
        if name.endswith("Count"):
            found = _found(getattr(shop, f"{name.removesuffix('Count')}"), asked)
            return {"count": shop.count(len(found)), "precision": "EXACT"}
        found = _found(getattr(shop, name), asked)
        return sorted(found, key=_place)


def _nodes(shop: Shopify) -> dict[str, Record]:
    refunds = [refund for order in shop.orders for refund in order["refunds"]]
    return {one["id"]: one for one in (*shop.orders, *shop.products, *refunds)}


def _found(records: list[Record], query: str) -> list[Record]:
    """What a search finds; as at Shopify a term that it does not know would be passed over, here it is a mistake."""
    found = records
    for name, sign, value in TERM.findall(query):
        assert name == "updated_at", query
        assert sign in (">=", "<"), query
        at = datetime.fromisoformat(value)
        found = [one for one in found if (_at(one) >= at) == (sign == ">=")]
    return found


def _at(record: Record) -> datetime:
    return datetime.fromisoformat(record["updatedAt"])


def _resolve(source: Any, info: Any, **arguments: Any) -> Any:
    name, kind = info.field_name, get_named_type(info.return_type).name
    value = source.field(name, arguments) if isinstance(source, _Root) else source[name]
    if kind.endswith("Connection"):
        return _page(value, arguments)
    if kind == "MoneyBag" and isinstance(value, str):
        shop = {"amount": value, "currencyCode": info.context.currency}
        return {"shopMoney": shop, "presentmentMoney": {"amount": "999.99", "currencyCode": "JPY"}}
    if kind == "MoneyV2" and isinstance(value, str):
        return {"amount": value, "currencyCode": info.context.currency}
    return value[: arguments["first"]] if "first" in arguments else value


def _page(found: list[Record], arguments: Record) -> Record:
    """A page, whose cursor says after which record it ends: its place does not matter."""
    place = json.loads(base64.b64decode(arguments["after"])) if arguments.get("after") else None
    rest = [one for one in found if place is None or _place(one) > place]
    nodes = rest[: arguments["first"]]
    end = base64.b64encode(json.dumps(_place(nodes[-1])).encode()).decode() if nodes else None
    return {"nodes": nodes, "pageInfo": {"hasNextPage": len(rest) > len(nodes), "endCursor": end}}


def _place(record: Record) -> list[Any]:
    number = int(record["id"].rpartition("/")[2])
    return [record["updatedAt"], number] if record["id"].split("/")[3] in ("Order", "Customer") else ["", number]


def _cost(selection: Any, kind: Any, variables: Mapping[str, Any]) -> int:
    """What a question costs at most: a point an object, as often as the lists above it ask for."""
    total = 0
    for one in selection.selections if selection else ():
        if isinstance(one, InlineFragmentNode):
            total += _cost(one.selection_set, schema().get_type(one.type_condition.name.value), variables)
        elif isinstance(one, FieldNode) and one.selection_set:
            inner = get_named_type(kind.fields[one.name.value].type)
            first = next(
                (
                    _number(argument.value, variables)
                    for argument in one.arguments or ()
                    if argument.name.value == "first"
                ),
                1,
            )
            total += first * (1 + _cost(one.selection_set, inner, variables))
    return total


def _number(value: Any, variables: Mapping[str, Any]) -> int:
    if isinstance(value, VariableNode):
        return int(variables[value.name.value])
    assert isinstance(value, IntValueNode)
    return int(value.value)


class Handler(BaseHTTPRequestHandler):
    server: Shopify
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the receipt of its headers

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/admin/oauth/access_token":
            self._give_token(dict(parse_qsl(body.decode())))
            return
        shop, asked = self.server, json.loads(body)
        shop.asked.append((asked["query"], asked["variables"]))
        if shop.faults and shop.faults.pop(0)(self):
            return
        if self.path != "/admin/api/2026-10/graphql.json":
            self.answer({"errors": "Not Found"}, 404)
        elif self.headers["X-Shopify-Access-Token"] != shop.token or not shop.token:
            self.answer({"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401)
        else:
            shop.before(len(shop.asked))
            self.answer(shop.answer(asked["query"], asked["variables"]))

    def _give_token(self, asked: Record) -> None:
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        if asked != wanted:
            self.answer({"error": "application_cannot_be_found", "error_description": "no such app"}, 400)
            return
        self.server.tokens += 1
        self.server.token = f"{TOKEN}{self.server.tokens}"
        self.answer({"access_token": self.server.token, "scope": ",".join(RIGHTS), "expires_in": 86399})

    def answer(self, body: Any, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name in http.server
        """Keep the test's output readable."""


@contextmanager
def serving() -> Iterator[Shopify]:
    schema()  # takes seconds, once
    shop = Shopify()
    thread = threading.Thread(target=shop.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield shop
    finally:
        shop.closing.set()
        shop.shutdown()
        thread.join()
        shop.server_close()
