"""What the validation server answers: whether a file is a valid submission, and nothing else."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from pytest_mlebench.grading.submission import SUBMISSION_NAME
from pytest_mlebench.quantities import format_size

__all__ = ["ValidationApplication"]

_LOGGER = logging.getLogger(__name__)
_CURL = f"curl -F file=@{SUBMISSION_NAME} $MLEBENCH_VALIDATION_URL/validate"
_MAX_PARTS = 16


class ValidationApplication:
    """The WSGI application. Uploads lie in `folder` while `validate` looks at them, each in a folder of its own.

    `max_concurrent` uploads are looked at at a time, and `max_waiting` more wait in line; others are told to try later.
    """

    def __init__(
        self,
        validate: Callable[[Path], tuple[bool, str]],
        folder: Path,
        *,
        max_bytes: int,
        max_body: int,
        max_concurrent: int,
        max_waiting: int,
    ) -> None:
        self._validate, self._folder = validate, folder
        self._max_bytes, self._max_body = max_bytes, max_body
        self._places = threading.BoundedSemaphore(max_concurrent + max_waiting)
        self._turns = threading.BoundedSemaphore(max_concurrent)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request, whatever it is."""
        try:
            response = self._respond(environ)
        except HTTPException as error:
            response = _error(error.code or 400, f"the request is refused ({error.name}): {_CURL}")
        except BaseException:  # pytest's own failures are no Exception, and a client waits for its answer
            # The text may tell of the answers; the host's log may have it, the client not.
            _LOGGER.warning("a validation failed", exc_info=True)
            response = _error(500, "the validation server failed, which does not depend on your file: try again later")
        return response(environ, start_response)

    def _respond(self, environ: dict[str, Any]) -> Response:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].rstrip("/")
        if path == "/health":
            return _json(200, {"status": "ok"}) if method in ("GET", "HEAD") else _not_allowed("GET")
        if path == "/validate":
            return self._respond_to_upload(environ) if method == "POST" else _not_allowed("POST")
        return _error(404, f"there is only POST /validate and GET /health; {_CURL}")

    def _respond_to_upload(self, environ: dict[str, Any]) -> Response:
        if Request(environ).mimetype != "multipart/form-data":
            return _error(400, f"send the file as the field `file` of a multipart form: {_CURL}")
        if not self._places.acquire(blocking=False):
            busy = _error(503, "many validations are waiting: try again in a few seconds")
            busy.headers["Retry-After"] = "5"
            return busy
        try:
            with self._turns, self._upload(environ) as (path, problem):
                if path is None:
                    return _error(400, problem)
                if (size := path.stat().st_size) > self._max_bytes:
                    return _error(413, f"the file has {format_size(size)}, more than {format_size(self._max_bytes)}")
                valid, message = self._validate(path)
                return _json(200, {"valid": bool(valid), "message": str(message)})
        finally:
            self._places.release()

    @contextlib.contextmanager
    def _upload(self, environ: dict[str, Any]) -> Iterator[tuple[Path | None, str]]:
        """The uploaded file, as long as the context lasts; or None and what is wrong with the request."""
        with contextlib.ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            request = _UploadRequest(environ, folder, self._max_body, stack)
            uploaded = request.files.get("file")
            if uploaded is None:
                missing = "the field `file` holds no file" if "file" in request.form else "the field `file` is missing"
                yield None, f"{missing}: {_CURL}"
                return
            uploaded.stream.flush()
            yield Path(uploaded.stream.name), ""


class _UploadRequest(Request):
    """A request whose uploaded files go straight to `folder`, and are closed with `stack`."""

    max_form_parts = _MAX_PARTS
    # Holds for what the parser keeps of a file between two reads of 64 KiB, too: more than one read must fit.
    max_form_memory_size = 256 * 1024

    def __init__(self, environ: dict[str, Any], folder: Path, max_body: int, stack: contextlib.ExitStack) -> None:
        super().__init__(environ)
        self.max_content_length = max_body
        self._folder, self._stack, self._count = folder, stack, 0

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        return self._stack.enter_context((folder / SUBMISSION_NAME).open("wb+"))


def _json(status: int, value: dict[str, Any]) -> Response:
    return Response(json.dumps(value) + "\n", status, content_type="application/json")


def _error(status: int, text: str) -> Response:
    return _json(status, {"error": text})


def _not_allowed(method: str) -> Response:
    response = _error(405, f"only {method} is answered here")
    response.headers["Allow"] = method
    return response
