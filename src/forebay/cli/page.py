"""`forebay page`: the passwords and tokens of the dashboard."""

from __future__ import annotations

import argparse

from forebay.cli.connect import access_file, settings_of
from forebay.cli.output import as_json, note
from forebay.cli.setup import ask_password
from forebay.errors import ConfigError
from forebay.views.web.access import AccessFile, Role, hashed, load, new_token, save

_RESTART = "restart `forebay up` to make it count"


def page(options: argparse.Namespace) -> int:
    """Do the deed that was named."""
    needs_name = options.deed in ("token", "revoke")
    if needs_name != (options.name is not None):
        raise ConfigError(f"`forebay page {options.deed}` takes {'the name of a token' if needs_name else 'no name'}")
    if options.deed != "password" and (options.viewer or options.remove):
        raise ConfigError("--viewer and --remove go with `forebay page password`")
    deeds = {"password": password, "token": token, "revoke": revoke, "show": show}
    return deeds[options.deed](options)


def password(options: argparse.Namespace) -> int:
    """Set the password of an owner or a viewer, or take it away."""
    path = access_file(settings_of(options))
    content, role = load(path), Role.VIEWER if options.viewer else Role.OWNER
    passwords = dict(content.passwords)
    if options.remove:
        if passwords.pop(role, None) is None:
            raise ConfigError(f"there is no password of the {role}")
        if not passwords and content.tokens:
            raise ConfigError("tokens count only beside a password; revoke them first: `forebay page show` lists them")
        words = f"the {role}'s password is gone"
    else:
        if role is Role.VIEWER and Role.OWNER not in passwords:
            raise ConfigError("set the owner's password first: without it everybody is the owner")
        first = ask_password(f"New password of the {role}", "page")
        if ask_password("Again", "page") != first:
            raise ConfigError("the two differ; nothing was changed")
        passwords[role] = hashed(first)
        words = f"the {role}'s password is set"
    save(path, AccessFile(passwords=passwords, tokens=content.tokens))
    return _said(options, words, role=str(role))


def token(options: argparse.Namespace) -> int:
    """Make a token for a machine and print it, once."""
    path = access_file(settings_of(options))
    content = load(path)
    if content.is_open:
        raise ConfigError("the page has no password, so a token opens nothing; `forebay page password` sets one")
    if any(granted.name == options.name for granted in content.tokens):
        raise ConfigError(f"{options.name}: there is a token of this name; revoke it first")
    secret, granted = new_token(options.name)
    save(path, AccessFile(passwords=content.passwords, tokens=(*content.tokens, granted)))
    print(as_json({"name": options.name, "token": secret}) if options.json else secret)
    note(f"It is shown this once. Send it as `Authorization: Bearer …`; it may look, and no more; {_RESTART}.")
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Take a token away."""
    path = access_file(settings_of(options))
    content = load(path)
    left = tuple(granted for granted in content.tokens if granted.name != options.name)
    if len(left) == len(content.tokens):
        raise ConfigError(f"{options.name}: there is no token of this name; `forebay page show` lists them")
    save(path, AccessFile(passwords=content.passwords, tokens=left))
    return _said(options, f"{options.name}: the token is worth nothing now", name=options.name)


def show(options: argparse.Namespace) -> int:
    """Say who may look; no secret is kept that could be shown."""
    content = load(access_file(settings_of(options)))
    if options.json:
        print(as_json({"passwords": sorted(content.passwords), "tokens": [granted.name for granted in content.tokens]}))
        return 0
    if content.is_open:
        print("no password: whoever reaches the page may look; it listens on this computer alone")
    for role in content.passwords:
        print(f"password  {role}")
    for granted in content.tokens:
        print(f"token     {granted.name}")
    return 0


def _said(options: argparse.Namespace, words: str, **facts: str) -> int:
    print(as_json(facts) if options.json else f"{words}; {_RESTART}")
    return 0
