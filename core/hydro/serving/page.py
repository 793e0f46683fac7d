"""A page to try a server with: one file, which fetches nothing from elsewhere."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from starlette.responses import HTMLResponse


@cache
def _read() -> tuple[str, str]:
    """Return the page, and the policy that lets its own script and style work and nothing else."""
    text = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    rules = ["default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'"]
    rules += ["frame-ancestors 'none'", "img-src data:"]
    for name in ("script", "style"):
        found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
        assert found
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        rules.append(f"{name}-src 'sha256-{digest}'")
    return text, "; ".join(rules)


def page_response() -> HTMLResponse:
    """Return the page; it says nothing of the model, which it asks for with the user's token."""
    text, policy = _read()
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(text, headers=headers)
