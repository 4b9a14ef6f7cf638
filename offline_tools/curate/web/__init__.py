# SPDX-License-Identifier: Apache-2.0
"""Asking servers for what is in the net: many requests at a time, politely, and without showing a secret."""

from offline_tools.curate.web.agent import user_agent
from offline_tools.curate.web.client import Answer, Request, Web
from offline_tools.curate.web.failures import Kind, WebError
from offline_tools.curate.web.manners import Manners
from offline_tools.curate.web.secret import Token

__all__ = ["Answer", "Kind", "Manners", "Request", "Token", "Web", "WebError", "user_agent"]
