"""Opens pages in a headless browser, on a desk, on a phone, in the dark and on paper, and checks what a reader needs: language, title, headings in
order, names of pictures, links and tables, contrast (WCAG 2.1 AA), nothing wider than the screen, and no chart that a sheet of paper would cut.

    check_page.py --tool mlsensor-datasheet --source .

Exit status 77: skipped, because there is no browser.
"""
import argparse
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
VIEWS = [("desk", 1280, "light"), ("desk", 1280, "dark"), ("phone", 390, "light"), ("phone", 390, "dark"), ("paper", 688, "light")]  # A4 less its margins at 96 dpi
PAPER_HEIGHT = 1009

PROBE = r"""
<script>
addEventListener('load', () => {
  const faults = [];
  const fault = (what, node) => faults.push(what + ': ' + (node ? (node.textContent || node.outerHTML).trim().slice(0, 60) : ''));
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  if (!document.documentElement.lang) fault('no language');
  if (!document.title) fault('no title');
  for (const name of ['main', 'nav', 'header', 'footer']) if (all(name).length != 1) fault('not one ' + name);
  if (all('h1').length != 1) fault('not one h1');
  let level = 0;
  for (const heading of all('h1,h2,h3,h4,h5,h6')) {
    const next = +heading.tagName[1];
    if (next > level + 1) fault('heading skips a level', heading);
    if (!heading.textContent.trim()) fault('empty heading', heading);
    level = next;
  }
  for (const picture of all('svg[role=img],img')) if (!(picture.getAttribute('aria-label') || picture.alt)) fault('picture without a text', picture);
  for (const picture of all('svg')) if (picture.getAttribute('role') != 'img') fault('svg without a role', picture);
  for (const link of all('a')) if (!link.textContent.trim()) fault('link without a name', link);
  for (const link of all('a[href^="#"]')) if (!document.getElementById(link.getAttribute('href').slice(1))) fault('link to nowhere', link);
  for (const cell of all('th')) {
    if (!cell.scope) fault('header cell without scope', cell);
    if (!cell.textContent.trim()) fault('empty header cell', cell.closest('table'));
  }
  for (const table of all('table')) if (!table.caption && !table.closest('[aria-label]')) fault('table without a name', table);
  for (const figure of all('figure')) if (!figure.querySelector('figcaption')) fault('figure without a caption', figure);
  for (const region of all('[role=region]')) if (!region.getAttribute('aria-label')) fault('region without a name', region);
  for (const list of all('ul,ol')) for (const child of list.children) if (child.tagName != 'LI') fault('list with something else', child);
  const ids = all('[id]').map(n => n.id);
  if (new Set(ids).size != ids.length) fault('an id twice');
  for (const node of all('*')) for (const name of node.getAttributeNames()) if (name.startsWith('on')) fault('script in an attribute', node);

  // Contrast of each text with what lies behind it. Gradients count with their lightest colour.
  const rgb = text => { const m = /rgba?\(([^)]+)\)/.exec(text); if (!m) { const s = /color\(srgb ([^)]+)\)/.exec(text); if (!s) return null; const p = s[1].split(/[ /]+/).map(Number); return [p[0]*255, p[1]*255, p[2]*255, p[3] ?? 1]; }
    const p = m[1].split(/[ ,/]+/).map(Number); return [p[0], p[1], p[2], p[3] ?? 1]; };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = c => { const f = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }; return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); };
  const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const behind = node => {
    const layers = [];
    for (let n = node; n; n = n.parentElement) {
      const style = getComputedStyle(n);
      const stops = (style.backgroundImage.match(/rgba?\([^)]+\)/g) || []).map(rgb).sort((a, b) => luminance(b) - luminance(a));
      if (stops.length) { layers.push(stops[0]); break; }
      const colour = rgb(style.backgroundColor);
      if (colour && colour[3] > 0) { layers.push(colour); if (colour[3] == 1) break; }
    }
    let colour = matchMedia('(prefers-color-scheme: dark)').matches && DARK ? [0, 0, 0, 1] : [255, 255, 255, 1];
    for (const layer of layers.reverse()) colour = over(layer, colour);
    return colour;
  };
  let texts = 0;
  for (const details of all('details')) details.open = true;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || node.closest('script,.skip') || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const ink = rgb(node.namespaceURI.includes('svg') ? style.fill : style.color);
    if (!ink) { fault('colour that is not understood ' + style.color, node); continue; }
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const contrast = ratio(over(ink, behind(node)), behind(node));
    ++texts;
    if (contrast < (large ? 3 : 4.5)) fault('contrast ' + contrast.toFixed(2) + ' of', node);
  }
  if (texts < 100) fault('only ' + texts + ' texts were looked at');
  for (const details of all('details')) details.open = details.classList.contains('long') && PAPER;
  if (document.documentElement.scrollWidth > innerWidth + 1) fault('wider than the screen by ' + (document.documentElement.scrollWidth - innerWidth));
  if (PAPER) for (const part of all('figure,.card,.flow,tr')) {
    if (getComputedStyle(part).breakInside != 'avoid') fault('may be cut by the end of a page', part);
    if (part.getBoundingClientRect().height > PAPER_HEIGHT) fault('higher than a page', part);
    for (const chart of all('svg', part)) if (chart.getBoundingClientRect().right > innerWidth + 1) fault('cut at the right', part);
  }
  const pre = document.createElement('pre');
  pre.id = 'faults';
  pre.textContent = JSON.stringify({faults, texts});
  document.body.append(pre);
});
</script>
"""


def probe(page: str, view: str, width: int, scheme: str, browser: str, folder: Path) -> dict:
    """The page with the probe in it; print styles and dark colours are made to apply on the screen."""
    paper = view == "paper"
    text = page.replace("@media (prefers-color-scheme: dark)", "@media all" if scheme == "dark" else "@media not all")
    if paper:
        text = text.replace("@media print", "@media all")
    constants = f"<script>const PAPER = {str(paper).lower()}, DARK = {str(scheme == 'dark').lower()}, PAPER_HEIGHT = {PAPER_HEIGHT};</script>"
    # Browsers do not make windows as narrow as a phone: the page is looked at in a frame of the right width.
    (folder / "probed.html").write_text(text.replace("</head>", constants + PROBE + "</head>"))
    (folder / "frame.html").write_text(
        f"<!DOCTYPE html><title>frame</title><body><iframe id=f src='probed.html' style='width:{width}px;height:2000px;border:0'></iframe><pre id=out></pre><script>"
        "document.getElementById('f').onload = e => { document.getElementById('out').textContent = e.target.contentDocument.getElementById('faults').textContent; }</script>")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}", "--window-size=1400,2200",
               "--virtual-time-budget=10000", "--dump-dom", f"file://{folder / 'frame.html'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.S)
    if not found or not found[1]:
        return {"faults": [f"the browser gave no answer: {done.stderr[-400:]}"], "texts": 0}
    return json.loads(html.unescape(found[1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--source", type=Path, required=True)
    arguments = parser.parse_args()
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        print("SKIPPED, NO PAGE WAS LOOKED AT: there is no Chromium or Chrome. Install the package chromium")
        return SKIPPED
    data = arguments.source / "tests/datasheet/data"
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def make(*command: str) -> None:
            done = subprocess.run([str(arguments.tool), *map(str, command)], capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                faults.append(f"{' '.join(map(str, command))}: {done.stderr}")

        for product in ("keyword", "person"):
            make("generate", arguments.source / f"datasheet/products/{product}.facts.json", "--model", data / f"{product}.manifest.json", "--results", data / f"{product}.results.json",
                 "-o", folder / f"{product}.json", "--html", folder / f"{product}.html")
        make("compare", folder / "keyword.json", folder / "person.json", "--html", folder / "compare.html")
        for page in ("keyword", "person", "compare"):
            text = (folder / f"{page}.html").read_text()
            for view, width, scheme in VIEWS if page != "keyword" else VIEWS[:1]:
                answer = probe(text, view, width, scheme, browser, folder)
                print(f"{page}, {view}, {scheme}: {answer['texts']} texts, {len(answer['faults'])} faults")
                faults += [f"{page}, {view}, {scheme}: {fault}" for fault in answer["faults"][:20]]
        make("render", folder / "person.json", "--pdf", folder / "person.pdf")
        if not (folder / "person.pdf").exists() or not (folder / "person.pdf").read_bytes().startswith(b"%PDF-"):
            faults.append("render --pdf wrote no PDF")
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
