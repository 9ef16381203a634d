/*
 * Lead forms. On our own page it shows and hides questions; on any other page one line puts the form there:
 *
 *   <script async src="https://…/f/form.js" data-form="contact"></script>     data-target="#id": into that element
 *
 * The form lives in a shadow root: its style does not leak out, and the page's does not leak in.
 */
(function (w, d) {
  'use strict';
  var script = d.currentScript;
  var slug = script && script.getAttribute('data-form');

  function answersTo(form, key) {
    var inputs = form.querySelectorAll('[name="' + key + '"]');
    var said = [];
    for (var i = 0; i < inputs.length; i++) {
      var input = inputs[i];
      if (input.disabled || ((input.type === 'radio' || input.type === 'checkbox') && !input.checked)) continue;
      if (input.value.trim()) said.push(input.value.trim().toLowerCase());
    }
    return said;
  }

  // Agrees with capture/questions.py: holds. The server passes over what is hidden here, also when it was sent.
  function holds(form, block) {
    var said = answersTo(form, block.getAttribute('data-shown-if'));
    var wanted = block.getAttribute('data-value').toLowerCase();
    switch (block.getAttribute('data-operator')) {
      case 'filled': return said.length > 0;
      case 'contains': return said.some(function (one) { return one.indexOf(wanted) >= 0; });
      case 'is_not': return said.indexOf(wanted) < 0;
      default: return said.indexOf(wanted) >= 0;
    }
  }

  function arrange(form) {
    var blocks = form.querySelectorAll('[data-shown-if]');
    for (var i = 0; i < blocks.length; i++) { // in order: a question depends on those above it
      var shown = holds(form, blocks[i]);
      blocks[i].hidden = !shown;
      var inputs = blocks[i].querySelectorAll('input,select,textarea');
      for (var j = 0; j < inputs.length; j++) inputs[j].disabled = !shown;
    }
  }

  function watch(form) {
    var ran = form.elements.winnow_ran; // tells the server that a browser's script ran
    if (ran) ran.value = '1';
    form.addEventListener('input', function () { arrange(form); });
    form.addEventListener('change', function () { arrange(form); });
    arrange(form);
  }

  function own() {
    var forms = d.querySelectorAll('form[data-lead-form]');
    for (var i = 0; i < forms.length; i++) watch(forms[i]);
  }

  if (!slug) {
    if (d.readyState === 'loading') d.addEventListener('DOMContentLoaded', own);
    else own();
    d.addEventListener('htmx:afterSettle', own); // the builder's preview
    return;
  }

  // --- inside the page of another site ---
  var home = script.src.replace(/\/f\/form\.js.*$/, '');
  var place = script.getAttribute('data-target') ? d.querySelector(script.getAttribute('data-target')) : null;
  if (!place) {
    place = d.createElement('div');
    script.parentNode.insertBefore(place, script);
  }
  var root = place.shadowRoot || place.attachShadow({ mode: 'open' });
  var COOKIE = /(?:^|; )winnow_visitor=([\w-]+)/;

  function visitor() { // the tracker's cookie on this site, if there is one and the visitor agreed
    var found = (d.cookie.match(COOKIE) || [])[1] || '';
    return found === 'off' ? '' : found;
  }

  function say(form, text) {
    var notice = form.querySelector('[data-form-says]');
    notice.hidden = !text;
    notice.lastElementChild.textContent = text || '';
  }

  function show(form, errors) {
    var old = form.querySelectorAll('[data-error]');
    for (var i = 0; i < old.length; i++) old[i].remove();
    var first = null;
    var general = (errors[''] || []).slice();
    Object.keys(errors).forEach(function (name) {
      if (!name) return;
      var input = form.querySelector('[name="' + name + '"]');
      var field = input && input.closest('.field');
      if (!field) { general.push(errors[name].join(' ')); return; }
      var text = d.createElement('div');
      text.className = 'field-errors';
      text.setAttribute('data-error', '');
      text.textContent = errors[name].join(' ');
      field.appendChild(text);
      input.setAttribute('aria-invalid', 'true');
      first = first || input;
    });
    say(form, general.join(' '));
    if (first) first.focus();
  }

  function done(answer) {
    if (answer.visitor && COOKIE.test(d.cookie)) { // a shared computer: go on as somebody new
      d.cookie = 'winnow_visitor=' + answer.visitor + ';path=/;samesite=lax;max-age=34000000' +
        (w.location.protocol === 'https:' ? ';secure' : '');
    }
    place.dispatchEvent(new CustomEvent('winnow:sent', { bubbles: true, detail: { form: slug, visitor: answer.visitor } }));
    if (answer.redirect) { w.location.href = answer.redirect; return; }
    var thanks = d.createElement('p');
    thanks.className = 'winnow-thanks';
    thanks.setAttribute('role', 'status');
    thanks.tabIndex = -1;
    thanks.textContent = answer.text;
    root.querySelector('.winnow-form').replaceChildren(thanks);
    thanks.focus();
  }

  function send(form) {
    var button = form.querySelector('button');
    var body = new URLSearchParams(new FormData(form));
    button.disabled = true;
    say(form, '');
    w.fetch(form.action, { method: 'POST', body: body, headers: { Accept: 'application/json' }, credentials: 'omit' })
      .then(function (answer) { return answer.json(); })
      .then(function (answer) {
        if (answer.ok) { done(answer); return; }
        if (answer.nonce) form.querySelector('[name="nonce"]').value = answer.nonce;
        show(form, answer.errors || {});
        button.disabled = false;
      })
      ['catch'](function () {
        say(form, 'It could not be sent. Your words are still here: please try again.');
        button.disabled = false;
      });
  }

  function put(html) {
    root.innerHTML = html;
    var form = root.querySelector('form');
    if (!form) return; // the form is closed: the page says so
    var known = visitor();
    if (known) form.querySelector('[name="winnow_visitor"]').value = known;
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      send(form);
    });
    watch(form);
  }

  var query = new URLSearchParams(w.location.search);
  query.set('page', (w.location.origin + w.location.pathname).slice(0, 300));
  if (d.referrer) query.set('referrer', d.referrer.slice(0, 300));
  query['delete']('for'); // a personal link opens the page of its own
  w.fetch(home + '/f/' + slug + '/embed/?' + query, { credentials: 'omit' })
    .then(function (answer) { if (!answer.ok) throw answer; return answer.text(); })
    .then(put)
    ['catch'](function () {
      var link = d.createElement('a');
      link.href = home + '/f/' + slug + '/';
      link.textContent = 'Open the form';
      root.replaceChildren(link);
    });
})(window, document);
