"""Pages in browsers: CORS for those that may, and nothing at all for those that may not.

On loopback the key is `test`/`test`, so any page that somebody visits could sign requests.  Sources: the fetch standard
(https://fetch.spec.whatwg.org/#http-cors-protocol) and https://www.w3.org/TR/fetch-metadata/.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gureum.services.sqs import sqs
from gureum.services.sts import sts
from tests.support.inprocess import House, serving
from tests.support.raw import Answer, ask, identity, message, signed

HERE = "http://localhost:5173"
ELSEWHERE = "https://evil.example"
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-amz-date,x-amz-target",
}


@pytest.fixture(scope="module")
def loopback() -> Iterator[House]:
    """A cloud whose keys everybody knows."""
    with serving(sts, sqs) as started:
        yield started


@pytest.fixture(scope="module")
def secret() -> Iterator[House]:
    """A cloud whose keys are secret."""
    with serving(sts, sqs, secret_keys=True) as started:
        yield started


def preflight(house: House, origin: str) -> Answer:
    return ask(house.port, message("OPTIONS", "/", {**PREFLIGHT, "origin": origin}))


def test_a_preflight_gets_what_it_asks_for(loopback: House) -> None:
    """For how long, for which headers and which method: without it a browser sends nothing."""
    answer = preflight(loopback, HERE)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == HERE
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == PREFLIGHT["access-control-request-headers"]
    assert int(answer.headers["access-control-max-age"]) > 0
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("key", ["good", "bad"])
def test_a_page_may_read_answers_and_errors(loopback: House, key: str) -> None:
    """Request ids and error types are in headers, which a page sees only when they are exposed."""
    request = identity(headers={"origin": HERE})
    if key == "bad":
        request = request.replace(b"Credential=test", b"Credential=none")
    answer = ask(loopback.port, request)
    assert answer.status == (200 if key == "good" else 403)
    assert answer.headers["access-control-allow-origin"] == HERE
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert exposed >= {"x-amzn-requestid", "x-amz-request-id", "x-amzn-errortype", "x-amzn-query-error", "etag"}


def test_what_is_no_page_gets_no_cors(loopback: House) -> None:
    """SDKs outside of browsers send no origin, and the headers would be weight."""
    answer = ask(loopback.port, identity())
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_an_options_request_that_is_no_preflight(loopback: House) -> None:
    """It asks for no permission, so it is a request like others: unsigned."""
    assert ask(loopback.port, message("OPTIONS", "/", {})).status in (400, 403)


LOCAL = [HERE, "http://127.0.0.1:8080", "http://[::1]:1", "http://app.localhost", "https://localhost"]
FOREIGN = [
    ELSEWHERE,
    "null",
    "http://localhost.evil.example",
    "http://evil.example/localhost",
    "http://127.0.0.1.evil.example",
    "http://notlocalhost",
    "http://[",
    "http://localhost@evil.example",
    "file://",
    "",
]


@pytest.mark.parametrize("origin", LOCAL)
def test_pages_of_this_machine_may(loopback: House, origin: str) -> None:
    """A console or an application in development."""
    assert preflight(loopback, origin).status == 200
    assert ask(loopback.port, identity(headers={"origin": origin})).status == 200


@pytest.mark.parametrize("origin", FOREIGN)
def test_pages_from_elsewhere_may_not(loopback: House, origin: str) -> None:
    """Though they can sign; nothing runs, and the page cannot read why."""
    for answer in (preflight(loopback, origin), ask(loopback.port, identity(headers={"origin": origin}))):
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers
    call = loopback.recorded()[-1]
    assert (call.source, call.error_code, call.account) == ("sts.amazonaws.com", "AccessDenied", "")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
def test_requests_without_an_origin(loopback: House, site: str) -> None:
    """An image tag with a presigned URL sends no Origin; browsers say where the page is from all the same."""
    status = 403 if site == "cross-site" else 200
    assert ask(loopback.port, identity(headers={"sec-fetch-site": site})).status == status


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4566", "[", "", "localhost.evil.example"])
@pytest.mark.parametrize("who", [{"origin": "http://localhost"}, {"sec-fetch-site": "same-origin"}])
def test_a_name_that_was_bound_anew(loopback: House, host: str, who: dict[str, str]) -> None:
    """DNS rebinding: the page's own name has come to mean this machine, so the browser sees one origin."""
    answer = ask(loopback.port, message("GET", "/", {"host": host, **who}))
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"


def test_where_keys_are_secret_every_page_may(secret: House) -> None:
    """As on AWS: who can sign may."""
    assert preflight(secret, ELSEWHERE).headers["access-control-allow-origin"] == ELSEWHERE
    answer = ask(secret.port, identity(headers={"origin": ELSEWHERE, "sec-fetch-site": "cross-site"}))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, ELSEWHERE)


def test_errors_before_a_body_is_read_can_be_read_too(loopback: House) -> None:
    """A page that sends too much learns that, and not only that the network failed."""
    headers = {"origin": HERE, "content-length": "99999999", "x-amz-target": "AmazonSQS.SendMessage"}
    answer = ask(loopback.port, message("POST", "/", headers))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (413, HERE)


def test_a_browsers_call_of_a_json_service(loopback: House) -> None:
    """What the JavaScript SDK sends after its preflight."""
    headers = {"origin": HERE, "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues"}
    answer = ask(loopback.port, signed("POST", "/", headers, b"{}", service="sqs"))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, HERE)
