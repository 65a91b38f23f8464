'use strict';
// Text from the checkpoint is set only as textContent or as plain-text attributes.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const tensors = data.tensors;
  const total = data.parameters;
  const palette = ['#4269d0', '#efb118', '#ff725c', '#6cc5b0', '#3ca951', '#ff8ab7', '#a463f2',
    '#97bbf5', '#9c6b4e', '#9498a0'];
  const colors = new Map(data.types.map((t, i) => [t.type, palette[i % palette.length]]));
  const $ = id => document.getElementById(id);
  const state = {area: 'parameters', group: 'component', zoom: [], selected: null};

  // ---- numbers and elements
  const grouped = n => n.toLocaleString('en-US');
  const percent = (part, whole) => (whole ? 100 * part / whole : 0).toFixed(1) + ' %';
  function abbreviated(n) {
    const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
    let i = 0;
    while (Math.abs(n) >= 999.5 && i < prefixes.length - 1) { n /= 1000; i++; }
    return i === 0 ? String(n) : n.toFixed(n < 9.995 ? 2 : n < 99.95 ? 1 : 0) + ' ' + prefixes[i];
  }
  const inBytes = n => { const t = abbreviated(n); return t.includes(' ') ? t + 'B' : t + ' bytes'; };
  const digits = v => v === null ? '-' : v === 0 ? '0' : Number(v.toPrecision(4)).toString();
  function make(tag, text, properties, ...children) {
    const e = document.createElement(tag);
    if (text !== null && text !== undefined) e.textContent = text;
    Object.assign(e, properties);
    e.append(...children);
    return e;
  }
  const pairs = list => list.flatMap(([k, v]) => [make('dt', k), make('dd', v)]);
  const bits = t => (8 * t.bytes / t.parameters).toFixed(2);
  const shape = t => t.shape.join(' × ');
  const share = t => percent(t[state.area], total[state.area === 'bytes' ? 'bytes' : 'total']);

  const shortName = name => name.replace(/^.*blk\.\d+\./, '').replace(/\.weight$/, '');

  function textColor(color) { // black or white text, by the contrast
    const c = [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16) / 255)
      .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * c[0] + .7152 * c[1] + .0722 * c[2] > .19 ? '#101112' : '#ffffff';
  }

  // ---- key figures
  function figure(name, value, more) {
    const dd = make('dd', value);
    if (more) dd.append(make('small', more));
    $('figures').append(make('div', null, {}, make('dt', name), dd));
  }
  const experts = data.model.experts
    ? data.model.experts_used + ' of ' + data.model.experts + ' experts'
    : total.active === total.total ? 'all parameters' : 'embedding rows not counted';
  figure('Parameters', abbreviated(total.total), grouped(total.total));
  figure('Active per token', abbreviated(total.active),
    percent(total.active, total.total) + ', ' + experts);
  figure('Tied', total.tied ? abbreviated(total.tied) : 'none',
    (total.tied ? 'embedding is the output' : 'separate output')
      + (data.model.heads_per_kv_head > 1
        ? '; ' + data.model.heads_per_kv_head + ' query heads per KV head' : ''));
  figure('Bits per weight', total.bits_per_weight.toFixed(2), inBytes(total.bytes) + ' of weights');
  if (data.cache) {
    figure('KV cache per token', inBytes(data.cache.bytes_per_token.f16), 'in f16');
  }
  figure('Read per token', inBytes(total.bytes_per_token), 'of parameters');
  figure('FLOPs per token', abbreviated(data.flops_per_token.matmul),
    data.flops_per_token.attention_per_position
      ? '+ ' + abbreviated(data.flops_per_token.attention_per_position) + ' per earlier position' : '');

  // ---- tree: group, group, tensor
  function keys(t) {
    const layer = t.layer === null ? null : 'layer ' + t.layer;
    return state.group === 'component'
      ? [t.component, layer] : [layer === null ? 'outside the layers' : layer, t.component];
  }
  function tree() {
    const root = {name: 'all', children: new Map()};
    for (const t of tensors) {
      let node = root;
      for (const key of keys(t)) {
        if (key === null) continue;
        if (!node.children.has(key)) node.children.set(key, {name: key, children: new Map()});
        node = node.children.get(key);
      }
      node.children.set(t, {tensor: t});
    }
    const plain = node => {
      if (node.tensor) return node;
      const children = [...node.children.values()].map(plain);
      return children.length === 1 && children[0].tensor && node !== root
        ? {tensor: children[0].tensor, name: node.name} : {name: node.name, children};
    };
    let top = plain(root);
    for (const name of state.zoom) {
      const next = (top.children || []).find(c => c.children && c.name === name);
      if (!next) break;
      top = next;
    }
    return top;
  }

  // ---- map
  const map = $('map');
  const tip = $('tip');
  function describe(t) {
    return [t.name, t.type + ', ' + shape(t), bits(t) + ' bits/weight, ' + inBytes(t.bytes),
      grouped(t.parameters) + ' parameters, ' + share(t) + ' of all ' + state.area];
  }
  function place(e, x0, y0, x1, y1) {
    e.style.left = x0 + 'px';
    e.style.top = y0 + 'px';
    e.style.width = Math.max(0, x1 - x0) + 'px';
    e.style.height = Math.max(0, y1 - y0) + 'px';
  }
  function draw() {
    const focused = map.contains(document.activeElement) ? document.activeElement.label : null;
    const root = d3.hierarchy(tree()).sum(n => n.tensor ? n.tensor[state.area] : 0)
      .sort((a, b) => b.value - a.value);
    const hasHeading = n => n.depth > 0 && n.children && n.x1 - n.x0 > 34 && n.y1 - n.y0 > 30;
    d3.treemap().size([map.clientWidth, map.clientHeight])
      .paddingOuter(n => n.depth === 0 ? 2 : n.children ? 1 : 0)
      .paddingTop(n => hasHeading(n) ? (n.depth === 1 ? 20 : 15) : 1)
      .paddingInner(n => n.depth === 0 ? 4 : 1)
      .round(true)(root);
    const elements = [];
    root.each(n => {
      const w = n.x1 - n.x0;
      const h = n.y1 - n.y0;
      if (n.depth === 0 || w < 1 || h < 1) return;
      if (n.data.tensor) {
        elements.push(leaf(n, w, h));
      } else if (hasHeading(n)) {
        const text = n.data.name + ' ' + percent(n.value, root.value);
        const e = make('button', text, {type: 'button', label: n.data.name, className: 'head'});
        e.classList.toggle('one', n.depth === 1);
        e.setAttribute('aria-label', text + ': zoom in');
        place(e, n.x0, n.y0, n.x1, n.y0 + (n.depth === 1 ? 20 : 15));
        const path = n.ancestors().reverse().slice(1).map(a => a.data.name);
        e.addEventListener('click', () => zoom([...state.zoom, ...path]));
        elements.push(e);
      }
    });
    map.replaceChildren(...elements);
    elements.forEach(e => { e.tabIndex = -1; });
    const first = elements.find(e => focused !== null && e.label === focused)
      || elements.find(e => e.tensor === state.selected) || elements[0];
    if (first) first.tabIndex = 0;
    if (first && focused !== null) first.focus({preventScroll: true});
    showPath();
  }
  function leaf(n, w, h) {
    const t = n.data.tensor;
    const color = colors.get(t.type);
    const e = make('button', null, {type: 'button', className: 'leaf', tensor: t, label: t.name});
    e.style.backgroundColor = color;
    e.style.color = textColor(color);
    if (w > 30 && h > 14) e.append(make('span', n.data.name || shortName(t.name)));
    if (w > 60 && h > 30) e.append(make('small', t.type));
    if (w < 9 || h < 9) e.style.padding = '0';
    e.classList.toggle('big', w > 180 && h > 60);
    e.setAttribute('aria-label', describe(t).join('; '));
    e.setAttribute('aria-pressed', String(t === state.selected));
    place(e, n.x0, n.y0, n.x1, n.y1);
    return e;
  }
  function zoom(path) {
    state.zoom = path;
    draw();
  }
  function showPath() {
    const path = $('path');
    path.replaceChildren();
    if (state.zoom.length === 0) {
      path.textContent = 'Select a heading to zoom in, a tensor to show its values.';
      return;
    }
    path.append(make('button', 'all', {type: 'button', onclick: () => zoom([])}));
    state.zoom.forEach((name, i) => {
      path.append(' › ', i === state.zoom.length - 1 ? make('span', name)
        : make('button', name, {type: 'button', onclick: () => zoom(state.zoom.slice(0, i + 1))}));
    });
  }
  function select(t) {
    state.selected = t;
    for (const e of map.querySelectorAll('.leaf')) {
      e.setAttribute('aria-pressed', String(e.tensor === t));
    }
    detail(t);
  }
  function showTip(e, x, y) {
    if (!e || !e.tensor) { tip.hidden = true; return; }
    const [name, ...lines] = describe(e.tensor);
    tip.replaceChildren(make('strong', name), ...lines.map(l => make('div', l)));
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8)) + 'px';
    tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18) + 'px';
  }
  map.addEventListener('click', e => {
    const b = e.target.closest('.leaf');
    if (b) select(b.tensor);
  });
  map.addEventListener('mousemove', e => showTip(e.target.closest('.leaf'), e.clientX, e.clientY));
  map.addEventListener('mouseleave', () => { tip.hidden = true; });
  map.addEventListener('focusin', e => {
    const b = e.target.closest('button');
    for (const other of map.children) other.tabIndex = other === b ? 0 : -1;
    const r = b.getBoundingClientRect();
    if (b.matches(':focus-visible')) showTip(b, r.left + r.width / 2, r.top + r.height / 2);
  });
  map.addEventListener('focusout', () => { tip.hidden = true; });
  map.addEventListener('keydown', e => {
    const direction = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[e.key];
    if (e.key === 'Escape') {
      tip.hidden = true;
      if (state.zoom.length) zoom(state.zoom.slice(0, -1));
    } else if (direction) {
      e.preventDefault();
      const next = nearest(document.activeElement, direction);
      if (next) next.focus();
    }
  });
  function nearest(from, [dx, dy]) {
    const middle = e => [e.offsetLeft + e.offsetWidth / 2, e.offsetTop + e.offsetHeight / 2];
    const [x, y] = middle(from);
    let best = null;
    let minDistance = Infinity;
    for (const e of map.children) {
      const [ex, ey] = middle(e);
      const ahead = (ex - x) * dx + (ey - y) * dy;
      const aside = Math.abs((ex - x) * dy) + Math.abs((ey - y) * dx);
      if (e !== from && ahead > 1 && ahead + 2 * aside < minDistance) {
        minDistance = ahead + 2 * aside;
        best = e;
      }
    }
    return best;
  }

  // ---- selected tensor
  function detail(t) {
    const box = $('tensor');
    box.replaceChildren(make('h3', t.name), make('dl', null, {}, ...pairs([
      ['component', t.component + (t.layer === null ? '' : ', layer ' + t.layer)],
      ['type', t.type + ', ' + bits(t) + ' bits/weight'],
      ['shape', shape(t)],
      ['parameters', grouped(t.parameters) + ', ' + percent(t.parameters, total.total)],
      ['bytes', grouped(t.bytes) + ', ' + percent(t.bytes, total.bytes)]])));
    const h = t.histogram;
    if (h === undefined) {
      box.append(make('p', 'This page was written without histograms.', {className: 'note'}));
    } else if (h === null) {
      box.append(make('p', 'This type cannot be dequantized.', {className: 'note'}));
    } else {
      box.append(make('h4', 'Values'), ...values(h));
    }
  }
  function values(h) {
    const parts = [];
    if (h.bins.length) {
      const maxCount = Math.max(...h.bins);
      const width = (h.high - h.low) / h.bins.length;
      const bins = make('div', null, {className: 'bins'});
      bins.setAttribute('role', 'img');
      bins.setAttribute('aria-label', 'Histogram of values from ' + digits(h.low) + ' to '
        + digits(h.high) + ', mean ' + digits(h.mean) + ', standard deviation ' + digits(h.standard_deviation));
      h.bins.forEach((count, i) => {
        const bar = make('b');
        bar.style.height = count === 0 ? '0' : Math.max(.7, 100 * count / maxCount) + '%';
        const from = h.low + i * width;
        bins.append(make('i', null,
          {title: digits(from) + ' to ' + digits(from + width) + ': ' + grouped(count)}, bar));
      });
      if (h.low < 0 && h.high > 0) {
        const zero = make('span', '0', {className: 'zero'});
        zero.style.left = 100 * -h.low / (h.high - h.low) + '%';
        bins.append(zero);
      }
      parts.push(bins, make('div', null, {className: 'axis'}, make('span', digits(h.low)),
        make('span', digits(h.high))));
    }
    const finite = h.count - h.nan - h.infinite;
    parts.push(make('dl', null, {}, ...pairs([
      ['min', digits(h.min)], ['max', digits(h.max)],
      ['mean', digits(h.mean)], ['standard deviation', digits(h.standard_deviation)],
      ['zero', grouped(h.zero) + ', ' + percent(h.zero, finite)],
      ['NaN, infinite', grouped(h.nan) + ', ' + grouped(h.infinite)],
      ['values read', grouped(h.count)]])));
    if (h.below + h.above > 0) {
      parts.push(make('p', grouped(h.below) + ' values lie below and ' + grouped(h.above)
        + ' above the bins, more than 5 standard deviations from the mean.', {className: 'note'}));
    }
    if (h.sampled) {
      parts.push(make('p', 'A sample of evenly spaced rows.', {className: 'note'}));
    }
    return parts;
  }

  // ---- list of tensors
  const columns = [['name', t => t.name], ['component', t => t.component], ['layer', t => t.layer],
    ['type', t => t.type], ['shape', shape], ['parameters', t => t.parameters],
    ['bytes', t => t.bytes], ['mean', t => t.histogram ? t.histogram.mean : null],
    ['deviation', t => t.histogram ? t.histogram.standard_deviation : null]];
  const numeric = new Set(['layer', 'parameters', 'bytes', 'mean', 'deviation']);
  let sorting = null;
  function list() {
    const filter = $('filter').value.toLowerCase();
    const rows = tensors.filter(t => t.name.toLowerCase().includes(filter));
    if (sorting) {
      const value = columns.find(c => c[0] === sorting.name)[1];
      rows.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === y) return 0;
        if (x === null) return 1;
        if (y === null) return -1;
        return (x < y ? -1 : 1) * sorting.direction;
      });
    }
    const head = make('tr', null, {}, ...columns.map(([name]) => {
      const th = make('th', null, {scope: 'col', className: numeric.has(name) ? 'number' : ''},
        make('button', name, {type: 'button', onclick: () => sort(name)}));
      if (sorting && sorting.name === name) {
        th.setAttribute('aria-sort', sorting.direction > 0 ? 'ascending' : 'descending');
      }
      return th;
    }));
    const body = rows.map(t => make('tr', null, {}, ...columns.map(([name, value]) => {
      const v = value(t);
      if (name === 'name') {
        return make('td', null, {},
          make('button', v, {type: 'button', onclick: () => { select(t); $('map-title').scrollIntoView(); }}));
      }
      const text = v === null ? '' : !numeric.has(name) ? v : Number.isInteger(v) ? grouped(v) : digits(v);
      return make('td', text, {className: numeric.has(name) ? 'number' : ''});
    })));
    document.querySelector('#tensors .scroll').replaceChildren(
      make('table', null, {}, make('thead', null, {}, head), make('tbody', null, {}, ...body)));
  }
  function sort(name) {
    sorting = {name, direction: sorting && sorting.name === name ? -sorting.direction : numeric.has(name) ? -1 : 1};
    list();
    const button = [...document.querySelectorAll('#tensors thead button')].find(b => b.textContent === name);
    button.focus();
  }
  $('filter').addEventListener('input', list);
  $('tensors').addEventListener('toggle', () => { if ($('tensors').open) list(); });

  // ---- start
  for (const t of data.types) {
    const box = make('i');
    box.style.backgroundColor = colors.get(t.type);
    $('legend').append(make('li', null, {}, box,
      t.type + ', ' + percent(t.parameters, total.total) + ' of the parameters'));
  }
  for (const input of document.querySelectorAll('fieldset input')) {
    input.addEventListener('change', () => {
      state[input.name] = input.value;
      state.zoom = [];
      draw();
    });
  }
  if (tensors.length) {
    select(tensors.reduce((a, b) => b.parameters > a.parameters ? b : a));
    new ResizeObserver(draw).observe(map);
  } else {
    map.textContent = 'This file has no tensors.';
  }
})();
