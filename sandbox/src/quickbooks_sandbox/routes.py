"""The addresses below a company: from a request to an operation, and back to an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quickbooks_core.catalog import Entity, Operation, Reading, by_resource
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from quickbooks_sandbox import exchange, faults, refusals
from quickbooks_sandbox.answers import Answers
from quickbooks_sandbox.batch import batch
from quickbooks_sandbox.cdc import changes
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import Document, read, received, write
from quickbooks_sandbox.pdf import pdf
from quickbooks_sandbox.query.answer import answer, own_url_page
from quickbooks_sandbox.reading import DEEPEST, depth_of
from quickbooks_sandbox.replay import RequestKey
from quickbooks_sandbox.sending import send
from quickbooks_sandbox.service import Service
from quickbooks_sandbox.tax_service import make_tax_code
from quickbooks_sandbox.uploads import temporary_address, upload, with_addresses
from quickbooks_sandbox.writing import Write, perform


@dataclass(frozen=True)
class Asked:
    """One request of the company, past the gateway."""

    service: Service
    request: Request
    body: bytes
    answers: Answers

    def parameter(self, name: str) -> str:
        """A parameter of the URL; empty where it is not given."""
        return self.request.query_params.get(name, "")

    def answered(self, key: str, body: str) -> Response:
        """An envelope."""
        return self.whole(self.answers.text(key, body))

    def whole(self, text: str) -> Response:
        """A whole answer, with addresses that are good from now on."""
        return self.answers.whole(with_addresses(text, self.base, self.service.clock.time()))

    def once(self, work: Callable[[], tuple[str, str]]) -> Response:
        """A write, done once for its requestid."""
        key = RequestKey(self.parameter("requestid"))
        text = self.service.replay.once(key, self.fingerprint, lambda: self.answers.text(*work()))
        return self.whole(text)

    @property
    def fingerprint(self) -> bytes:
        """What is asked for, without its requestid: the same body means something else at another address."""
        words = sorted(item for item in self.request.query_params.items() if item[0] != "requestid")
        return write([self.request.url.path, words]).encode() + self.body

    @property
    def base(self) -> str:
        """Where this sandbox listens."""
        return str(self.request.base_url).rstrip("/")


def company_work(service: Service, request: Request, body: bytes, answers: Answers) -> Response:
    """Whatever stands below /v3/company/{realm}; raises Fault."""
    asked = Asked(service, request, body, answers)
    steps = request.path_params["path"].strip("/").split("/")
    own = _OWN.get((request.method, steps[0]))
    if own is not None:
        return own(asked, steps[1:])
    entity = by_resource(steps[0])
    if entity is None or not entity.has_table:
        raise _no_such_address(request)
    if len(steps) == 3:
        return _on_one(asked, entity, *steps[1:])
    if request.method == "GET" and len(steps) < 3:
        return _read(asked, entity, "".join(steps[1:]))
    if request.method == "POST" and len(steps) == 1:
        return _write(asked, entity)
    raise _no_such_address(request)


def _query(asked: Asked, _rest: list[str]) -> Response:
    text = asked.parameter("query") or (
        asked.body.decode(errors="replace") if asked.request.method == "POST" else ""
    )
    if not text.strip():
        raise faults.query_parser(" <EOF> ", 0, 0)
    service = asked.service
    return asked.answered("QueryResponse", answer(text, service.store, service.switches, service.clock))


def _changes(asked: Asked, _rest: list[str]) -> Response:
    entities, since = asked.parameter("entities"), asked.parameter("changedSince")
    return asked.answered("CDCResponse", changes(asked.service.company, entities, since))


def _batch(asked: Asked, _rest: list[str]) -> Response:
    items = batch(asked.service, _document(asked.body), asked.parameter("requestid"))
    return asked.answered("BatchItemResponse", items)


def _upload(asked: Asked, _rest: list[str]) -> Response:
    kind = asked.request.headers.get("content-type", "")
    company, realm_id = asked.service.company, asked.service.realm_id
    return asked.once(lambda: ("AttachableResponse", upload(company, realm_id, kind, asked.body)))


def _download(asked: Asked, rest: list[str]) -> Response:
    return PlainTextResponse(temporary_address(asked.service.company, asked.base, "/".join(rest)))


def _tax_service(asked: Asked, rest: list[str]) -> Response:
    if rest != ["taxcode"]:
        raise _no_such_address(asked.request)
    given, service = _document(asked.body), asked.service
    key = RequestKey(asked.parameter("requestid"))
    text = service.replay.once(key, asked.fingerprint, lambda: make_tax_code(service.company, given))
    if asked.answers.as_json:
        return asked.answers.bare(text)
    # Only the JSON is flat.
    return asked.answered("TaxService", write({"domain": "QBO", "sparse": False, **read(text)}))


_OWN: dict[tuple[str, str], Callable[[Asked, list[str]], Response]] = {
    ("GET", "query"): _query,
    ("POST", "query"): _query,
    ("GET", "cdc"): _changes,
    ("POST", "batch"): _batch,
    ("POST", "upload"): _upload,
    ("GET", "download"): _download,
    ("POST", "taxservice"): _tax_service,
}


def _on_one(asked: Asked, entity: Entity, id: str, what: str) -> Response:
    """`/{id}/pdf` and `/{id}/send`."""
    company = asked.service.company
    if (asked.request.method, what) == ("GET", "pdf"):
        if not entity.can(Operation.PDF):
            raise faults.unsupported(f"pdf {entity.name.lower()}")
        file = pdf(entity, read(company.read(entity, id)))
        return Response(file, 200, {"Content-Type": "application/pdf;charset=UTF-8"})
    if (asked.request.method, what) == ("POST", "send"):
        return asked.once(lambda: (entity.key, send(company, entity, id, asked.parameter("sendTo"))))
    raise _no_such_address(asked.request)


def _read(asked: Asked, entity: Entity, id: str) -> Response:
    if not entity.can(Operation.READ):
        raise faults.unsupported(f"read {entity.name.lower()}")
    if entity.name == "ExchangeRate":
        return asked.answered(entity.key, _exchange_rate(asked))
    if id:
        # A company may be asked for by its realm id.
        its_own = entity.name == "CompanyInfo" and id == asked.service.realm_id
        return asked.answered(entity.key, asked.service.company.read(entity, "1" if its_own else id))
    if entity.reading is Reading.OWN_URL:
        return asked.answers.bare(f'{{"QueryResponse":{_list(asked, entity)}}}')
    if entity.name == "Preferences":
        return asked.answered(entity.key, asked.service.company.read(entity, "1"))
    raise _no_such_address(asked.request)


def _exchange_rate(asked: Asked) -> str:
    """It has no Id: a currency and a day name it, in any case of the parameters."""
    wanted = {name.lower(): value for name, value in asked.request.query_params.items()}
    code, day = wanted.get("sourcecurrencycode", ""), wanted.get("asofdate", "")
    return exchange.asked(asked.service.store, asked.service.clock, code, day)


def _list(asked: Asked, entity: Entity) -> str:
    rows = asked.service.store.rows(
        "select body from document where entity = ? order by rowid", (entity.name,)
    )
    found = [(read(body), body) for (body,) in rows]
    wanted = {key: asked.parameter(key) for key in ("level", "code") if asked.parameter(key)}
    kept = [body for document, body in found if wanted.items() <= document.items()]
    return own_url_page(entity.key, kept)


def _write(asked: Asked, entity: Entity) -> Response:
    included = frozenset(asked.parameter("include").lower().split(","))
    wanted = Write(entity, _document(asked.body), asked.parameter("operation").lower(), included)

    def work() -> tuple[str, str]:
        done = perform(asked.service.company, wanted)
        return done.key, done.body

    return asked.once(work)


def _document(body: bytes) -> Document:
    try:
        document = received(body)
    except ValueError:
        raise refusals.unreadable() from None
    if not isinstance(document, dict) or depth_of(document) > DEEPEST:
        raise refusals.unreadable()
    return document


def _no_such_address(request: Request) -> Fault:
    path = request.url.path
    return faults.unsupported(
        f"Could not find resource for relative : {path} of full path: https://sandbox.qbo.intuit.com{path}"
    )
