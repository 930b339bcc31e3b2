"""The page at "/": what this machine is, in words."""

from __future__ import annotations

PAGE = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Emulated gateway</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}
</style>
<h1>Emulated gateway</h1>
<p>This is forebay, imitating the local gateway of a home battery. No real house is behind it,
and it has no connection to any manufacturer.</p>
<p>It answers under <code>/api/</code>; <a href="/api/status"><code>/api/status</code></a> is open to everybody.</p>
</html>
"""
