"""Draws what bench/verify.py has seen as an SVG: CPU time per million requests, a panel for each depth."""

import html
import statistics

WIDTH, LABELS, BARS, LINE, BAR = 820, 150, 560, 26, 16

STYLE = """
    svg { --ground: #ffffff; --text: #1f2328; --faint: #59636e;
          --ours: #54aeff; --other: #b6bfc9; --behind: #dde2e8; }
    @media (prefers-color-scheme: dark) {
        svg { --ground: #0d1117; --text: #e6edf3; --faint: #9198a1;
              --ours: #1f6feb; --other: #59616b; --behind: #32383f; }
    }
    text { font: 13px system-ui, sans-serif; fill: var(--text); }
    .title { font-weight: 600; font-size: 15px; }
    .faint { fill: var(--faint); font-size: 12px; }
    .ground { fill: var(--ground); }
    .ours { fill: var(--ours); }
    .other { fill: var(--other); }
    .behind { fill: var(--behind); }
"""


def text(x, y, words, kind="", anchor="start"):
    words = html.escape(words)
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{words}</text>'


def bar(x, y, width, kind):
    return f'<rect x="{x:.1f}" y="{y:.0f}" width="{width:.1f}" height="{BAR}" rx="2" class="{kind}"/>'


def middle(rows, figure):
    return statistics.median(row[figure] for row in rows)


def draw_panel(results, top, title):
    parts = [text(20, top, title, "title")]
    scale = BARS / max(middle(rows, "both_per_million") for rows in results.values())
    for number, (name, rows) in enumerate(results.items()):
        y = top + 12 + number * LINE
        server, behind = middle(rows, "cpu_per_million"), middle(rows, "behind_per_million")
        parts.append(text(LABELS + 10, y + 13, name, anchor="end"))
        parts.append(bar(LABELS + 20, y, server * scale, "ours" if name.startswith("latchkey") else "other"))
        end, words = LABELS + 20 + server * scale, f"{server:.2f}"
        if behind > 0.05 * server:
            parts.append(bar(end, y, behind * scale, "behind"))
            end, words = end + behind * scale, f"{server:.2f} + {behind:.2f} in Redis"
        # A long bar has its figures within.
        if end > LABELS + BARS - 80:
            parts.append(text(LABELS + 30, y + 13, words))
        else:
            parts.append(text(end + 8, y + 13, words))
    return parts, top + 12 + len(results) * LINE


def draw(closed, where, tokens):
    """`closed`: rows of all rounds by depth and server."""
    parts, bottom = [], 58
    heads = {1: "One request in flight on each connection", 16: "16 requests in flight on each connection"}
    for depth, results in closed.items():
        panel, bottom = draw_panel(results, bottom, heads[depth])
        parts += panel
        bottom += 36
    title = "CPU seconds of the server for a million verifications (less is better)"
    rounds = len(next(iter(closed[1].values())))
    below = f"64 kept connections, {tokens:,} tokens, median of {rounds} rounds; nginx return 200 checks nothing"
    parts = [text(20, 28, title, "title"), *parts, text(20, bottom - 8, below, "faint"),
             text(20, bottom + 10, where, "faint")]
    height = bottom + 26
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    lines = "\n".join(f"    {part}" for part in parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">\n'
            f'    <style>{STYLE}    </style>\n'
            f'    <rect class="ground" width="{WIDTH}" height="{height:.0f}" rx="8"/>\n{lines}\n</svg>\n')
