"""What a server of files must be told, so that it answers as the application did.

`nginx_conf` is whole: types, negotiation, what is gone, headers. `headers_file` says to hosts that
read `_headers` (Netlify, Cloudflare Pages and others) as much as such a file can.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from badgeservice.web import security
from badgeservice.web.public.documents import DRAWING_POLICY

_FOR_EVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=60"
_ANEW = "no-cache"
"""How long a copy may be kept: what is named by its content, what changes, what may be hidden."""

_HEADERS = {
    name: value for name, value in security.HEADERS.items() if name != "Content-Security-Policy"
}

_NGINX = Template(r"""# A frozen site of badges, for nginx: include this file inside of `http { … }`.
# Two lines may need a change: the port, with TLS where it is 443, and the folder of the site.

# What is read: a page by people, a document by programs. The one that is named first counts.
map $$http_accept $$frozen_reader {
    default "";
    "~*json.*html" program;
    "~*html" person;
    "~*json|application/vc" program;
}
# The language of a page: ?lang=, else the first that the browser names and we speak, else French.
map "$$arg_lang|$$http_accept_language" $$frozen_page {
    default index.html;
    "~*^(?:(?!\bfr\b).)*\ben\b" en.html;
}
map $$frozen_reader $$frozen_page_first {
    default $$uri/$$frozen_page;
    program $$uri.json;
}
map $$frozen_reader $$frozen_document_first {
    default $$uri.json;
    person $$uri/$$frozen_page;
}
map $$frozen_reader $$frozen_lead {
    default $$uri;
    person $$uri.html;
}
map $$frozen_reader $$frozen_file {
    default $$uri;
    program $$uri.json;
}
map $$uri $$frozen_open {
    default "";
    "~^/(?:b|achievements|issuers|status|endorsements|artwork|frameworks|ob2)/" "*";
}
map $$uri $$frozen_robots {
    default "";
    "~^/b/.*\.html$$" "";
    "~^/(?:b|c|ob2/assertions)/" noindex;
}
map "$$uri?$$arg_v" $$frozen_kept {
    default "$anew";
    "~^/artwork/" "$for_ever";
    "~^/static/.*\?." "$for_ever";
    "~\.html\?" "$anew";
    "~^/(?:b|c|ob2/assertions)/" "$anew";
    "~^/(?:achievements|issuers|status|endorsements|frameworks|ob2|static|modules)/" "$short";
}
# The page that verifies brings its own policy along.
map "$$uri $$sent_http_content_type" $$frozen_policy {
    default "";
    "~^/verifier/+index\.html " "frame-ancestors 'none'";
    "~ text/html" "$policy";
    "~ image/svg" "$drawing_policy";
}

server {
    listen $port;
    server_name $host;
    set $$frozen "$folder";
    root $$frozen/site;
    index off;
    autoindex off;
    charset utf-8;
    charset_types text/html text/plain text/css text/javascript;
    gzip on;
    gzip_vary on;
    gzip_types text/css text/javascript image/svg+xml application/json application/ld+json
        application/vc+ld+json application/did+ld+json;

    add_header Content-Security-Policy $$frozen_policy always;
$headers    add_header Access-Control-Allow-Origin $$frozen_open always;
    add_header X-Robots-Tag $$frozen_robots always;
    add_header Cache-Control $$frozen_kept always;
    add_header Vary "Accept, Accept-Language" always;

    types {
        text/html html;
        text/plain txt;
        text/css css;
        text/javascript js;
        image/png png;
        image/svg+xml svg;
        image/jpeg jpg jpeg;
        image/webp webp;
        font/woff2 woff2;
        font/ttf ttf;
        text/markdown md;
        application/wasm wasm;
        application/ld+json json;
    }

    # What was taken back has an empty file of its name in the folder beside.
    if (-f $$frozen/gone$$uri.gone) { return 410; }
    if (-f $$frozen/gone$$frozen_file.gone) { return 410; }
    error_page 410 @gone;
    error_page 404 /404.html;

    location / { try_files $$uri $$uri/index.html =404; }
    location ^~ /en/ {
        error_page 404 /en/404.html;
        try_files $$uri $$uri/index.html =404;
    }
    # These only keep a list of their folder from being shown, where a server would show one.
    location ~ ^/(?:b|c|endorsements)/(?:index\.html)?$$ { return 404; }
    location ~ ^/b/ {
        types {
            text/html html;
            image/png png;
            image/svg+xml svg;
            application/vc+jwt jwt;
            application/vc+ld+json json;
        }
        try_files $$uri $$frozen_page_first $$uri/$$frozen_page $$uri/index.html =404;
    }
    location ~ ^/(?:c|frameworks)/ {
        try_files $$uri $$frozen_page_first $$uri/$$frozen_page $$uri/index.html =404;
    }
    location ~ ^/issuers/[^/]+/did\.json$$ {
        types { }
        default_type application/did+ld+json;
    }
    location ~ ^/issuers/[^/]+/jwks\.json$$ {
        types { }
        default_type application/jwk-set+json;
    }
    location ~ ^/issuers/[^/]+/keys/ {
        types { }
        default_type application/ld+json;
    }
    location ~ ^/(?:achievements|issuers)/ {
        try_files $$uri $$frozen_document_first $$uri/$$frozen_page $$uri/index.html =404;
    }
    location ~ ^/(?:status|endorsements)/ {
        types { text/html html; }
        default_type application/vc+ld+json;
        try_files $$uri =404;
    }
    location ^~ /ob2/ {
        types {
            text/html html;
            application/jose jws;
        }
        default_type application/ld+json;
        try_files $$frozen_lead $$uri =404;
    }
    location @gone {
        types { text/html html; }
        default_type application/ld+json;
        try_files $$frozen_lead $$uri $$uri/$$frozen_page /410.html =410;
    }
}
""")


def nginx_conf(base_url: str, root: Path) -> str:
    """Return the configuration of nginx for the site at `base_url`, frozen below `root`."""
    return _NGINX.substitute(
        anew=_ANEW,
        for_ever=_FOR_EVER,
        short=_SHORT,
        policy=security.CONTENT_SECURITY_POLICY,
        drawing_policy=DRAWING_POLICY,
        port=80,
        host=urlsplit(base_url).hostname,
        folder=root,
        headers="".join(
            f'    add_header {name} "{value}" always;\n' for name, value in _HEADERS.items()
        ),
    )


_OPEN = "Access-Control-Allow-Origin: *"
_PATTERNS: dict[str, tuple[str, ...]] = {
    "/artwork/*": (f"Cache-Control: {_FOR_EVER}", _OPEN),
    "/static/*": (f"Cache-Control: {_SHORT}",),
    "/b/*": (f"Cache-Control: {_ANEW}", _OPEN),
    "/b/*.json": ("Content-Type: application/vc+ld+json", "X-Robots-Tag: noindex"),
    "/b/*.jwt": ("Content-Type: application/vc+jwt", "X-Robots-Tag: noindex"),
    "/b/*.png": ("X-Robots-Tag: noindex",),
    "/b/*.svg": (f"Content-Security-Policy: {DRAWING_POLICY}", "X-Robots-Tag: noindex"),
    "/c/*": (f"Cache-Control: {_ANEW}", "X-Robots-Tag: noindex"),
    "/status/*": ("Content-Type: application/vc+ld+json", f"Cache-Control: {_SHORT}", _OPEN),
    "/endorsements/*": ("Content-Type: application/vc+ld+json", f"Cache-Control: {_SHORT}", _OPEN),
    "/issuers/*": (f"Cache-Control: {_SHORT}", _OPEN),
    "/issuers/*/keys/*": ("Content-Type: application/ld+json",),
    "/issuers/*/did.json": ("Content-Type: application/did+ld+json",),
    "/issuers/*/jwks.json": ("Content-Type: application/jwk-set+json",),
    "/achievements/*": (f"Cache-Control: {_SHORT}", _OPEN),
    "/frameworks/*": (f"Cache-Control: {_SHORT}", _OPEN),
    "/ob2/:key/issuer": ("Content-Type: application/ld+json", f"Cache-Control: {_SHORT}", _OPEN),
    "/ob2/:key/key": ("Content-Type: application/ld+json", f"Cache-Control: {_SHORT}", _OPEN),
    "/ob2/:key/revocations": (
        "Content-Type: application/ld+json",
        f"Cache-Control: {_SHORT}",
        _OPEN,
    ),
    "/ob2/:key/badge-classes/:slug/:version/fr": ("Content-Type: application/ld+json", _OPEN),
    "/ob2/:key/badge-classes/:slug/:version/en": ("Content-Type: application/ld+json", _OPEN),
    "/ob2/assertions/:id": (
        "Content-Type: application/ld+json",
        f"Cache-Control: {_ANEW}",
        "X-Robots-Tag: noindex",
        _OPEN,
    ),
}


def headers_file() -> str:
    """Return the file `_headers`: for paths that match, the headers that are to be added."""
    everywhere = "".join(f"  {name}: {value}\n" for name, value in _HEADERS.items())
    lines = [f"/*\n{everywhere}"]
    for pattern, headers in _PATTERNS.items():
        lines.append(pattern + "\n" + "".join(f"  {header}\n" for header in headers))
    return "\n".join(lines)
