// Defects to be found: each makes the sample page wrong in one way. The checks that find them are in test_checks.py.
window.label = () => {
  const svg = document.querySelector('svg');
  return [svg, svg.querySelector('text').cloneNode(true)];
};
window.defects = {
  'a wide table without a box to scroll in': () => {
    document.querySelector('.scroll').className = '';
    document.querySelector('details').open = true;
    document.querySelector('table').style.width = '2000px';
  },
  'a block outside the window': () => {
    document.querySelector('p').style.cssText = 'position:relative;left:-300px';
  },
  'a long word in a narrow window': () => {
    document.querySelector('p').textContent = 'x'.repeat(90);
  },
  'a word torn apart': () => {
    document.querySelector('h1').style.cssText = 'width: 3rem; overflow-wrap: anywhere';
  },
  'a section over the next': () => {
    document.querySelector('#proof').style.marginTop = '-60px';
  },
  'a sentence over another': () => {
    document.querySelector('p').style.cssText = 'position:relative;top:-34px';
  },
  'two labels of an axis at one place': () => {
    const [svg, t] = window.label();
    t.textContent = 'C29';
    t.setAttribute('y', 44);
    svg.append(t);
  },
  'turned labels that meet': () => {
    const [svg, t] = window.label();
    for (const x of [100, 106]) {
      const turned = t.cloneNode(true);
      turned.textContent = `longlabel ${x}`;
      turned.setAttribute('transform', `translate(${x},110) rotate(45)`);
      turned.setAttribute('x', 0);
      turned.setAttribute('y', 0);
      svg.append(turned);
    }
  },
  'a title over the bars': () => {
    const [svg, t] = window.label();
    t.textContent = 'Title';
    t.setAttribute('x', 90);
    const layer = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    layer.setAttribute('class', 'infolayer');
    layer.append(t);
    svg.append(layer);
  },
  'a label cut by the edge': () => {
    const [svg, t] = window.label();
    t.textContent = 'thousands';
    t.setAttribute('x', 300);
    svg.append(t);
  },
  'a label too small to read': () => {
    document.querySelector('svg text').setAttribute('font-size', 5);
  },
  'a figure without marks': () => {
    document.querySelector('.barlayer').remove();
  },
  'a figure that did not draw': () => {
    document.querySelector('svg').remove();
  },
  'a figure without size': () => {
    document.querySelector('svg').style.cssText = 'width:0;height:0';
  },
  'a figure with NaN': () => {
    document.querySelector('svg text').textContent = 'NaN';
  },
  'pale text': () => {
    document.querySelector('p').style.color = '#999';
  },
  'a label lost on its bar': () => {
    const [svg, t] = window.label();
    t.textContent = 'lost';
    t.setAttribute('x', 70);
    t.style.fill = '#0b5caa';
    svg.append(t);
  },
  'text of a figure that stays black in the dark': () => {
    document.documentElement.dataset.theme = 'dark';
    document.querySelectorAll('svg text').forEach((t) => t.style.fill = '#000');
  },
  'a heading with nothing under it': () => {
    document.querySelector('#proof p').remove();
  },
  'an empty cell': () => {
    document.querySelector('td').textContent = '';
  },
  'a number in prose': () => {
    document.querySelector('#proof p').textContent = 'Up by 3 percent.';
  },
  'a cell that names no row': () => {
    document.querySelector('td').textContent = '+9.9';
  },
  'a level left out of the headings': () => {
    document.querySelector('#proof h2').outerHTML = '<h4>Certificate</h4>';
  },
  'a figure without words': () => {
    document.querySelector('.js-plotly-plot').removeAttribute('aria-label');
    document.querySelector('.js-plotly-plot').removeAttribute('role');
  },
  'a picture without words': () => {
    document.body.append(document.createElement('img'));
  },
  'a button without a name': () => {
    document.querySelector('#theme').textContent = '';
  },
  'a link to nowhere': () => {
    document.querySelector('.skip').href = '#nowhere';
  },
  'an id twice': () => {
    document.querySelector('#proof').id = 'work';
  },
  'a table without headers': () => {
    document.querySelectorAll('th').forEach((c) => c.outerHTML = '<td>x</td>');
  },
  'no link to the content': () => {
    document.querySelector('.skip').remove();
  },
  'a focus that nobody sees': () => {
    document.querySelector('style').append(':focus-visible{outline:none}');
  },
  'a control that Tab passes by': () => {
    const b = document.querySelector('#theme');
    document.addEventListener('keydown', (e) => { b.inert = e.key === 'Tab'; });
  },
  'a button too small for a thumb': () => {
    document.querySelector('#theme').style.cssText = 'min-height:0;height:12px;padding:0';
  },
  'a file from elsewhere': () => {
    document.querySelector('main').innerHTML += '<link rel=stylesheet href="https://example.org/a.css">';
  },
  'a page that moves': () => {
    document.querySelector('p').style.transition = 'color 2s';
  },
  'a button that does nothing': () => {
    document.querySelector('#theme').replaceWith(document.querySelector('#theme').cloneNode(true));
  },
  'a figure that forgets the theme': () => {
    document.querySelectorAll('svg text').forEach((t) => t.style.fill = '#777');
  },
  'nothing to unfold': () => {
    document.querySelector('.scroll').remove();
  },
  'a figure cut by the end of a page': () => {
    document.querySelector('#jobs').style.cssText = 'break-inside:auto;margin-top:750px';
    document.querySelector('.js-plotly-plot').style.height = '400px';
  },
  'a figure wider than paper': () => {
    document.querySelector('#jobs').style.width = '1500px';
  },
  'too many pages': () => {
    document.querySelector('#proof p').style.height = '14000px';
  },
  'a blank page': () => {
    document.querySelector('#proof').style.marginTop = '1900px';
  },
  'a heading left alone in print': () => {
    document.querySelector('style').append('@media print { #proof p { display: none } }');
  },
  'labels that meet on paper alone': () => {
    document.querySelector('style').append('@media print { svg text { transform: translateY(0); y: 40px } }');
    document.querySelector('style').append('@media print { svg text + text { transform: translateY(-48px) } }');
  },
  'a word lost in print': () => {
    document.querySelector('#proof').hidden = true;
  },
};
