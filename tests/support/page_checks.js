// Checks of a page as a reader meets it: what is seen, where it lies, what lies over it.
// Injected by page_checks.py as window.checks; every function returns a list of sentences, empty when all is well.
(() => {
  const CONTROLS = 'a[href], button, input, select, textarea, summary, [role=button], [tabindex="0"]';
  const inFigure = (el) => el.closest('.js-plotly-plot') !== null;

  const words = (el) => {
    const text = (el.getAttribute && el.getAttribute('aria-label')) || el.textContent || '';
    const id = el.id ? '#' + el.id : '';
    const kind = typeof el.className === 'string' && el.className ? '.' + el.className.trim().split(/\s+/)[0] : '';
    return `<${el.tagName.toLowerCase()}${id}${kind}> "${text.trim().replace(/\s+/g, ' ').slice(0, 50)}"`;
  };

  // Drawn for the eye: has a box, is not hidden, not clipped away for screen readers only.
  const visible = (el) => {
    if (!el.getClientRects().length) return false;
    if (!el.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    for (let e = el; e && e !== document.documentElement; e = e.parentElement) {
      const style = getComputedStyle(e);
      const box = e.getBoundingClientRect();
      if (style.clipPath.startsWith('inset(') && /(50|100)%/.test(style.clipPath)) return false;
      if (style.clip !== 'auto' && style.clip !== '' && style.position === 'absolute') return false;
      if (style.position === 'absolute' && style.overflow === 'hidden' && box.width <= 1.5) return false;
      if (['absolute', 'fixed'].includes(style.position) && (box.bottom + scrollY <= 0 || box.right <= 0)) return false;
    }
    return true;
  };

  const scroller = (el) => {
    for (let e = el.parentElement; e && e !== document.body; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (['auto', 'scroll', 'hidden', 'clip'].includes(style.overflowX)) return e;
    }
    return null;
  };

  const meet = (a, b, slack) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack;

  function overflow() {
    const out = [], width = document.documentElement.clientWidth;
    const full = document.documentElement.scrollWidth;
    if (full > width) out.push(`the page is ${full} px wide in a window of ${width} px`);
    for (const el of document.body.querySelectorAll('*')) {
      if (el.ownerSVGElement || !visible(el)) continue;
      const box = el.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      if (box.left < -1 || box.right > width + 1) {
        if (!scroller(el)) out.push(`${words(el)} lies from ${box.left.toFixed(0)} to ${box.right.toFixed(0)} px of ${width}`);
      }
      const style = getComputedStyle(el);
      const own = [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      if (own && style.display !== 'inline' && el.scrollWidth > el.clientWidth + 1 && el.clientWidth > 0
          && !['auto', 'scroll'].includes(style.overflowX)) {
        out.push(`${words(el)} holds text ${el.scrollWidth} px wide in a box of ${el.clientWidth} px`);
      }
    }
    return out;
  }

  // Words of cells torn apart where no hyphen is.
  function brokenWords() {
    const out = new Set(), range = document.createRange();
    for (const cell of document.querySelectorAll('td, th, dt, h1, h2, h3, h4')) {
      if (!visible(cell)) continue;
      const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
      for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        for (const word of node.textContent.matchAll(/[\p{L}\d]{3,}/gu)) {
          range.setStart(node, word.index);
          range.setEnd(node, word.index + word[0].length);
          const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
          if (tops.size > 1 && !node.parentElement.closest('.away')) out.add(`"${word[0]}" is broken over lines in ${words(cell)}`);
        }
      }
    }
    return [...out];
  }

  const painted = (style) => rgba(style.backgroundColor)[3] > 0 || style.backgroundImage !== 'none'
    || ['Top', 'Right', 'Bottom', 'Left'].some((side) => parseFloat(style[`border${side}Width`]) > 0);

  // What an element puts on the page: its box if that is painted, else its lines of text and what stands in it.
  function ink(el) {
    if (painted(getComputedStyle(el)) || !el.childNodes.length) return [el.getBoundingClientRect()];
    const range = document.createRange();
    range.selectNodeContents(el);
    return [...range.getClientRects()];
  }

  function overlaps() {
    const out = [];
    for (const parent of [document.body, ...document.body.querySelectorAll('*')]) {
      if (inFigure(parent) || parent.ownerSVGElement || parent.tagName === 'svg') continue;
      const boxes = [...parent.children].filter((el) => visible(el)
        && !['inline', 'contents', 'none'].includes(getComputedStyle(el).display))
        .map((el) => [el, el.getBoundingClientRect()]).filter(([, b]) => b.width > 1 && b.height > 1);
      for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
        if (!meet(boxes[i][1], boxes[j][1], 1.5)) continue;
        const [one, other] = [ink(boxes[i][0]), ink(boxes[j][0])];
        if (one.some((a) => other.some((b) => meet(a, b, 1.5)))) out.push(`${words(boxes[i][0])} lies over ${words(boxes[j][0])}`);
      }
    }
    return out.concat(textOverText());
  }

  // Lines of running text, wherever their boxes belong.
  function textOverText() {
    const lines = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const el = node.parentElement;
      if (!node.textContent.trim() || el.ownerSVGElement || el.closest('script, style, template, svg')) continue;
      if (!visible(el)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const frame = scroller(el), clip = frame && frame.getBoundingClientRect();
      for (const box of range.getClientRects()) {
        const cut = clip && (box.right > clip.right + 1 || box.left < clip.left - 1 || box.bottom > clip.bottom + 1 || box.top < clip.top - 1);
        if (box.width > 1 && !cut) lines.push([el, box]);
      }
    }
    lines.sort((a, b) => a[1].top - b[1].top);
    const out = new Set();
    for (let i = 0; i < lines.length; i++) {
      for (let j = i + 1; j < lines.length && lines[j][1].top < lines[i][1].bottom; j++) {
        const [a, b] = [lines[i], lines[j]];
        if (a[0] === b[0] || !meet(a[1], b[1], 1)) continue;
        const high = Math.min(a[1].bottom, b[1].bottom) - Math.max(a[1].top, b[1].top);
        const least = Math.min(a[1].height, b[1].height);
        if (high > 0.35 * least) out.add(`text of ${words(a[0])} lies over text of ${words(b[0])}`);
      }
    }
    return [...out];
  }

  // A text of a drawing as a quadrilateral on the screen (turned labels are not their upright box).
  function quad(text) {
    const box = text.getBBox(), m = text.getScreenCTM();
    if (!m || box.width * box.height === 0) return null;
    const dy = 0.18 * Math.min(box.height, parseFloat(getComputedStyle(text).fontSize) || 12), dx = Math.min(1, box.width / 4);
    const at = (x, y) => ({ x: m.a * x + m.c * y + m.e, y: m.b * x + m.d * y + m.f });
    const [l, r, t, b] = [box.x + dx, box.x + box.width - dx, box.y + dy, box.y + box.height - dy];
    return [at(l, t), at(r, t), at(r, b), at(l, b)];
  }

  // Two convex quadrilaterals meet unless some edge's normal parts them.
  function quadsMeet(p, q) {
    for (const shape of [p, q]) for (let k = 0; k < 4; k++) {
      const a = shape[k], b = shape[(k + 1) % 4], nx = b.y - a.y, ny = a.x - b.x;
      const on = (s) => s.map((c) => c.x * nx + c.y * ny);
      const [u, v] = [on(p), on(q)];
      if (Math.max(...u) <= Math.min(...v) || Math.max(...v) <= Math.min(...u)) return false;
    }
    return true;
  }

  const drawings = () => [...document.querySelectorAll('.js-plotly-plot')].filter(visible);
  const figureName = (plot) => (plot.closest('figure[id]') || plot.closest('section[id]') || plot).id || 'a figure';
  const textsOf = (plot) => [...plot.querySelectorAll('svg text')].filter((t) =>
    t.textContent.trim() && !t.closest('.hoverlayer, .modebar') && visible(t)
    && parseFloat(getComputedStyle(t).fillOpacity) > 0 && getComputedStyle(t).fill !== 'none');

  function figureText(least) {
    const out = [];
    for (const plot of drawings()) {
      const name = figureName(plot), frame = plot.querySelector('.main-svg').getBoundingClientRect();
      const found = textsOf(plot).map((t) => [t.textContent.trim(), quad(t), t]).filter(([, q]) => q);
      for (const [word, q, t] of found) {
        const xs = q.map((c) => c.x), ys = q.map((c) => c.y);
        if (Math.min(...xs) < frame.left - 1 || Math.max(...xs) > frame.right + 1
            || Math.min(...ys) < frame.top - 1 || Math.max(...ys) > frame.bottom + 1) {
          out.push(`${name}: "${word}" is cut off by the edge of the figure`);
        }
        const m = t.getScreenCTM(), size = parseFloat(getComputedStyle(t).fontSize) * Math.hypot(m.a, m.b);
        if (size < least) out.push(`${name}: "${word}" is printed at ${size.toFixed(1)} px`);
      }
      out.push(...overMarks(plot).map((word) => `${name}: "${word}" lies over what is drawn`));
      for (let i = 0; i < found.length; i++) for (let j = i + 1; j < found.length; j++) {
        if (quadsMeet(found[i][1], found[j][1])) out.push(`${name}: "${found[i][0]}" overlaps "${found[j][0]}"`);
      }
    }
    return out;
  }

  // Titles, notes and labels of axes that a filled shape runs through.
  function overMarks(plot) {
    const shapes = [...plot.querySelectorAll('.mlayer path, .mlayer rect, .sankey-node rect, .sankey-link')]
      .filter((s) => !['none', 'transparent'].includes(getComputedStyle(s).fill) && parseFloat(getComputedStyle(s).fillOpacity) > 0)
      .map((shape) => [shape, shape.getBoundingClientRect()]);
    const out = [];
    for (const text of plot.querySelectorAll('.infolayer text, .xtick text, .ytick text')) {
      const q = text.textContent.trim() && visible(text) && quad(text);
      if (!q) continue;
      const frame = { left: Math.min(...q.map((c) => c.x)), right: Math.max(...q.map((c) => c.x)),
                      top: Math.min(...q.map((c) => c.y)), bottom: Math.max(...q.map((c) => c.y)) };
      const near = shapes.filter(([shape, box]) => meet(frame, box, 0) && visible(shape))
        .map(([shape, box]) => [shape, box, shape.getScreenCTM().inverse()]);
      const at = (along, down) => new DOMPoint(q[0].x + along * (q[1].x - q[0].x) + down * (q[3].x - q[0].x),
                                               q[0].y + along * (q[1].y - q[0].y) + down * (q[3].y - q[0].y));
      const steps = Array.from({ length: 24 }, (_, k) => 0.01 + 0.98 * k / 23);
      const hit = near.some(([shape, box, inverse]) => steps.some((along) => [0.15, 0.5, 0.9].some((down) => {
        const p = at(along, down);
        return p.x >= box.left && p.x <= box.right && p.y >= box.top && p.y <= box.bottom
          && shape.isPointInFill(p.matrixTransform(inverse));
      })));
      if (hit) out.push(text.textContent.trim());
    }
    return out;
  }

  const MARKS = '.barlayer .point path, .scatterlayer .point, .scatterlayer .js-line, .choroplethlayer path, '
    + '.sankey-node, .sankey-link, .waterfalllayer .point path, .heatmaplayer image, .pielayer path, .scattergeo path, '
    + '.funnellayer path, .trace path, .hm image';

  function figuresDrawn() {
    const out = [], plots = [...document.querySelectorAll('.js-plotly-plot')];
    const wanted = document.querySelectorAll('[data-figure], div.plot');
    for (const holder of wanted) {
      if (!holder.matches('.js-plotly-plot') && !holder.querySelector('.js-plotly-plot')) out.push(`${words(holder)}: nothing is drawn`);
    }
    for (const plot of plots) {
      const name = figureName(plot), svg = plot.querySelector('svg.main-svg');
      if (!svg) { out.push(`${name}: no drawing`); continue; }
      const box = svg.getBoundingClientRect();
      if (box.width < 50 || box.height < 50) out.push(`${name}: ${box.width} x ${box.height} px`);
      const marks = [...plot.querySelectorAll(MARKS)].filter((m) => {
        const b = m.getBoundingClientRect();
        return b.width + b.height > 0.5;
      });
      if (!marks.length) out.push(`${name}: no mark is drawn`);
      if (/NaN|undefined|Infinity/.test(svg.textContent)) out.push(`${name}: NaN or undefined in its text`);
      if (/Click to enter|trace \d/.test(svg.textContent)) out.push(`${name}: a placeholder in its text`);
    }
    return out;
  }

  const rgba = (text) => {
    const found = text.match(/[\d.]+/g);
    if (!found || text === 'transparent') return [0, 0, 0, 0];
    const scale = text.startsWith('color(') ? 255 : 1;
    const [r, g, b, a] = found.map(Number);
    return [r * scale, g * scale, b * scale, a === undefined ? 1 : a];
  };
  const over = (top, under) => [0, 1, 2].map((k) => top[k] * top[3] + under[k] * (1 - top[3])).concat(1);
  const light = (c) => {
    const part = c.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((u, v) => v - u); return (x + 0.05) / (y + 0.05); };

  function ground(el) {
    const layers = [];
    for (let e = el; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    const dark = getComputedStyle(document.documentElement).colorScheme.trim() === 'dark';
    return layers.reverse().reduce((under, top) => over(top, under), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  }

  // What is painted under the middle of a text of a drawing, from the page's ground up.
  function groundOfMark(text, plot) {
    const q = quad(text);
    if (!q) return ground(plot);
    const [x, y] = [(q[0].x + q[2].x) / 2, (q[0].y + q[2].y) / 2];
    let colour = ground(plot);
    for (const shape of plot.querySelectorAll('path, rect, circle')) {
      if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
      if (shape.closest('.hoverlayer, defs, clipPath, .modebar') || !visible(shape)) continue;
      const style = getComputedStyle(shape), box = shape.getBoundingClientRect();
      if (style.fill === 'none' || style.fill.startsWith('url') || x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
      const m = shape.getScreenCTM();
      if (!m || !shape.isPointInFill(new DOMPoint(x, y).matrixTransform(m.inverse()))) continue;
      const top = rgba(style.fill);
      top[3] *= parseFloat(style.fillOpacity) * parseFloat(style.opacity);
      colour = over(top, colour);
    }
    return colour;
  }

  function contrast() {
    const out = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const need = (name, colour, under) => {
      const found = ratio(over(colour, under), under);
      if (found < 4.5) out.add(`${name}: contrast ${found.toFixed(2)}`);
    };
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const el = node.parentElement;
      if (!node.textContent.trim() || el.closest('script, style, template, svg') || !visible(el)) continue;
      const colour = rgba(getComputedStyle(el).color);
      for (let e = el; e; e = e.parentElement) colour[3] *= parseFloat(getComputedStyle(e).opacity);
      need(words(el), colour, ground(el));
    }
    for (const plot of drawings()) for (const text of textsOf(plot)) {
      const style = getComputedStyle(text), colour = rgba(style.fill);
      colour[3] *= parseFloat(style.fillOpacity) * parseFloat(style.opacity);
      need(`${figureName(plot)}: "${text.textContent.trim()}"`, colour, groundOfMark(text, plot));
    }
    return [...out];
  }

  function emptySections() {
    const out = [], heads = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter((h) => !inFigure(h));
    // Words or drawings that are seen: what is folded up or left out of print does not count.
    const something = (range) => {
      const skip = 'h1, h2, h3, h4, h5, h6, script, style, template, button';
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (!range.intersectsNode(node)) continue;
        const el = node.nodeType === 3 ? node.parentElement : node;
        if (node.nodeType === 3 ? !node.textContent.trim() || el.closest(skip) : !el.matches('svg, img')) continue;
        if (visible(el)) return true;
      }
      return false;
    };
    heads.forEach((head, k) => {
      if (!visible(head)) return;
      if (!head.textContent.trim()) out.push(`${words(head)}: a heading without words`);
      const level = Number(head.tagName[1]);
      const next = heads.slice(k + 1).find((h) => Number(h.tagName[1]) <= level);
      const range = document.createRange();
      range.setStartAfter(head);
      if (next) range.setEndBefore(next); else range.setEndAfter(document.body.lastChild);
      if (!something(range)) out.push(`${words(head)}: nothing stands under this heading`);
    });
    for (const el of document.querySelectorAll('section, figure, table, tbody, ul, ol, dl, details, p, li, th, td, dt, dd, caption, figcaption, summary')) {
      if (inFigure(el) || (el.tagName === 'TH' && el.matches('thead tr:first-child > :first-child'))) continue;
      if (el.textContent.trim() || el.querySelector('svg, img, input, button')) continue;
      const where = el.closest('tr') ? `, in the row "${el.closest('tr').textContent.trim().replace(/\s+/g, ' ').slice(0, 40)}"` : '';
      out.push(`${words(el)}: empty${where}`);
    }
    return out;
  }

  function digitsInProse() {
    const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const allowed = 'data, time, cite, code, pre, script, style, template, svg, h1, h2, h3, h4, h5, h6, .name, .js-plotly-plot';
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (!/\d/.test(node.textContent) || node.parentElement.closest(allowed)) continue;
      out.push(`${words(node.parentElement)}: digits outside data, time, cite, code: "${node.textContent.trim().slice(0, 60)}"`);
    }
    return out;
  }

  function structure() {
    const out = [];
    if (!document.documentElement.lang) out.push('the page names no language');
    if (!document.title.trim()) out.push('the page has no title');
    if (!document.querySelector('main')) out.push('the page has no <main>');
    if (document.querySelectorAll('h1').length !== 1) out.push(`${document.querySelectorAll('h1').length} headings of the first level`);
    let before = 0;
    for (const head of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
      const level = Number(head.tagName[1]);
      if (level > before + 1) out.push(`${words(head)}: level ${level} after level ${before}`);
      before = level;
    }
    const ids = [...document.querySelectorAll('[id]')].filter((e) => !inFigure(e) || e.matches('.js-plotly-plot')).map((e) => e.id);
    for (const id of new Set(ids.filter((id, k) => ids.indexOf(id) !== k))) out.push(`id ${id} is given twice`);
    for (const link of document.querySelectorAll('a[href^="#"]')) {
      if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) out.push(`${words(link)} leads nowhere`);
    }
    for (const table of document.querySelectorAll('table')) {
      if (!table.querySelector('th')) out.push(`${words(table)}: a table without header cells`);
      if (!table.querySelector('caption') && !table.getAttribute('aria-label') && !table.getAttribute('aria-labelledby') && !table.closest('figure, [role=region][aria-label]')) out.push(`${words(table)}: a table without caption`);
      for (const head of table.querySelectorAll('th')) if (!head.scope) { out.push(`${words(table)}: header cells without scope`); break; }
    }
    for (const img of document.querySelectorAll('img')) if (!img.hasAttribute('alt')) out.push(`${words(img)}: no alt text`);
    for (const plot of document.querySelectorAll('.js-plotly-plot')) {
      const holder = plot.closest('[role=img], figure') || plot;
      const label = holder.getAttribute('aria-label') || [holder.getAttribute('aria-labelledby'), holder.getAttribute('aria-describedby')]
        .filter(Boolean).flatMap((ids) => ids.split(/\s+/)).map((id) => document.getElementById(id)?.textContent || '').join(' ');
      if (label.trim().length < 20) out.push(`${figureName(plot)}: no text for those who do not see it`);
    }
    for (const control of document.querySelectorAll('button, a[href], input, select, summary')) {
      if (inFigure(control)) continue;
      const label = control.labels && control.labels.length ? control.labels[0].textContent : '';
      if (!(control.getAttribute('aria-label') || control.textContent || label || control.title).trim()) out.push(`${words(control)}: a control without a name`);
    }
    return out;
  }

  function touchTargets() {
    const out = [];
    for (const el of document.querySelectorAll(CONTROLS)) {
      if (inFigure(el) || !visible(el)) continue;
      const style = getComputedStyle(el);
      const alone = (el.parentElement.textContent || '').trim() === el.textContent.trim();
      if (el.tagName === 'A' && style.display === 'inline' && !alone) continue;  // a link inside a sentence
      const box = (el.labels && el.labels.length ? el.labels[0] : el).getBoundingClientRect();
      if (Math.min(box.width, box.height) < 24) out.push(`${words(el)}: ${box.width.toFixed(0)} x ${box.height.toFixed(0)} px to touch`);
    }
    return out;
  }

  function outside() {
    const out = [];
    for (const el of document.querySelectorAll('[src], link[href], [srcset], object[data], use[href]')) {
      const where = el.getAttribute('src') || el.getAttribute('href') || el.getAttribute('srcset') || el.getAttribute('data');
      if (where && !/^(data:|blob:|#)/.test(where)) out.push(`${words(el)} needs ${where}`);
    }
    return out;
  }

  function motion() {
    const out = [];
    for (const a of document.getAnimations()) out.push(`${words(a.effect.target)} moves`);
    for (const el of document.querySelectorAll('body, body *')) {
      const style = getComputedStyle(el);
      if (style.scrollBehavior === 'smooth') out.push(`${words(el)} scrolls smoothly`);
      if (inFigure(el)) continue;
      const long = [...style.transitionDuration.split(','), ...style.animationDuration.split(',')].some((t) => parseFloat(t) > 0.011);
      if (long) out.push(`${words(el)} is animated`);
    }
    return out;
  }

  const controls = () => [...document.querySelectorAll(CONTROLS)].filter((el) => !inFigure(el) && !el.disabled && el.tabIndex >= 0
    && (visible(el) || (el.matches('a[href^="#"]') && el.getClientRects().length)));

  window.checks = { brokenWords, overflow, overlaps, figureText, figuresDrawn, contrast, emptySections, digitsInProse, structure,
    touchTargets, outside, motion, controls, words, visible, drawings, figureName, textsOf, MARKS, ground };
})();
