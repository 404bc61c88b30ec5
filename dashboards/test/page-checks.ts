/** Checks that run inside the page; each returns what is wrong, so that an empty list is a pass. */

/** Text whose contrast with its background is below WCAG 2.2 AA (1.4.3). */
export function lowContrast(): string[] {
  const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgroundOf = (start: Element) => {
    for (let element: Element | null = start; element !== null; element = element.parentElement) {
      const { backgroundColor } = getComputedStyle(element);
      const opacity = channels(backgroundColor)[3] ?? 1;
      if (opacity === 1) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const findings: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent?.trim() ?? '';
    if (words === '' || element === null || element.closest('noscript') !== null) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(style.color), luminance(backgroundOf(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const sizePx = Number.parseFloat(style.fontSize);
    const isLarge = sizePx >= 24 || (sizePx >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) findings.push(`${contrast.toFixed(2)}: ${words.slice(0, 40)}`);
  }
  return findings;
}

/** Structure that a screen reader relies on. */
export function brokenStructure(): string[] {
  const findings: string[] = [];
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
  const nameOf = (element: HTMLElement) =>
    element.getAttribute('aria-label') ?? element.getAttribute('alt') ?? element.textContent?.trim() ?? '';

  for (const landmark of ['header', 'main', 'footer']) {
    if (all(`#app > ${landmark}`).length !== 1) findings.push(`not one landmark ${landmark}`);
  }
  if (all('h1').length !== 1) findings.push(`${all('h1').length} headings of level 1`);
  let level = 0;
  for (const heading of all('h1, h2, h3, h4, h5, h6')) {
    const next = Number(heading.tagName.slice(1));
    if (next > level + 1) findings.push(`heading of level ${next} after ${level}: ${nameOf(heading)}`);
    level = next;
  }
  for (const control of all('a, button, summary, input, select')) {
    if (nameOf(control) === '') findings.push(`without a name: ${control.outerHTML.slice(0, 60)}`);
  }
  for (const image of all('img')) if (!image.hasAttribute('alt')) findings.push('an image without alt');
  for (const table of all('table')) {
    const headers = [...table.querySelectorAll('thead th')];
    if (headers.length === 0) findings.push('a table without headers');
    if (headers.some((header) => header.textContent?.trim() === '')) findings.push('an empty table header');
  }
  for (const header of all('th'))
    if (!header.hasAttribute('scope')) findings.push(`th without scope: ${nameOf(header)}`);
  for (const term of all('dl > *')) {
    if (term.querySelector('dt') === null || term.querySelector('dd') === null) findings.push('a dl without dt and dd');
  }
  for (const region of all('[role=region], [role=group], [role=img]')) {
    if (!region.hasAttribute('aria-label')) findings.push('a region without a label');
  }
  for (const section of all('section, article')) {
    const label = section.getAttribute('aria-labelledby');
    if (label !== null && document.getElementById(label) === null) findings.push(`no element ${label}`);
  }
  const ids = all('[id]').map(({ id }) => id);
  if (new Set(ids).size !== ids.length) findings.push('an id is used twice');
  if (all('[aria-live]').length > 0) findings.push('aria-live outside of a status');
  if (document.documentElement.lang === '') findings.push('no language');
  return findings;
}

/** How many pixels of the chart's line lie between two shares of the plot's width. */
export function linePixels([from, to]: readonly [number, number]): number {
  const canvas = document.querySelector('canvas');
  const over = document.querySelector('.u-over');
  const context = canvas?.getContext('2d');
  if (!canvas || !over || !context) return -1;
  const scale = canvas.width / canvas.getBoundingClientRect().width;
  const left = over.getBoundingClientRect().left - canvas.getBoundingClientRect().left;
  const width = over.getBoundingClientRect().width;
  const top = over.getBoundingClientRect().top - canvas.getBoundingClientRect().top;
  const height = over.getBoundingClientRect().height;
  const x = Math.ceil((left + from * width) * scale);
  const { data } = context.getImageData(x, top * scale, Math.floor((to - from) * width * scale), height * scale);
  const accent = getComputedStyle(canvas).getPropertyValue('--accent').trim();
  const wanted = [1, 3, 5].map((at) => Number.parseInt(accent.slice(at, at + 2), 16));
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (wanted.every((value, channel) => Math.abs(value - (data[at + channel] ?? 0)) < 12)) found++;
  }
  return found;
}
