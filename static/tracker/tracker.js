/*
 * Winnow's tracker. Tells the collector beside it which pages a visitor looks at.
 *
 *   <script async src="https://…/t/tracker.js" data-site="KEY"></script>      data-consent="ask": wait for consent
 *   winnow('track', 'asset_downloaded', {asset: 'price-list.pdf'})
 *   winnow('consent', true | false)      winnow('reset')  the next person at a shared computer
 *
 * To call it before it has loaded:
 *   window.winnow = window.winnow || function () { (winnow.q = winnow.q || []).push(arguments) }
 */
(function (w, d) {
  'use strict';
  var script = d.currentScript || d.querySelector('script[data-site][src*="/t/tracker.js"]');
  var early = w.winnow;
  if (!script || (early && early.isLoaded)) return;

  var NAME = 'winnow_visitor';
  var OFF = 'off'; // the visitor said no
  var nav = w.navigator;
  var home = script.src.replace(/\/t\/tracker\.js.*$/, '');
  var asks = script.getAttribute('data-consent') === 'ask';
  var silent = nav.doNotTrack === '1' || w.doNotTrack === '1' || nav.globalPrivacyControl === true;
  var saved = (d.cookie.match(/(?:^|; )winnow_visitor=([\w-]+)/) || [])[1] || '';
  var refused = saved === OFF;
  var visitor = refused || silent ? '' : saved;
  var granted = !refused && (!asks || !!visitor);
  var waiting = []; // what happened before the visitor was asked; forgotten with the page
  var lastPath = '';
  var lastAddress = d.referrer;

  function newId() {
    var bytes = new Uint8Array(16);
    w.crypto.getRandomValues(bytes);
    return Array.prototype.map.call(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join('');
  }

  function keep(value, seconds) {
    d.cookie = NAME + '=' + value + ';path=/;samesite=lax;max-age=' + seconds +
      (w.location.protocol === 'https:' ? ';secure' : '');
  }

  function remember(id) {
    visitor = id;
    keep(id, 34e6);
    fill();
  }

  // The same body is sent again after a failure: the ids in it make the collector store each event once.
  function post(body, tries) {
    if (!tries && nav.sendBeacon && nav.sendBeacon(home + '/t/collect', body)) return;
    if (!w.fetch) return;
    w.fetch(home + '/t/collect', { method: 'POST', body: body, keepalive: true, credentials: 'omit' })
      .then(function (answer) { if (answer.status === 429 || answer.status > 499) throw answer; })
      ['catch'](function () {
        if (tries < 3) w.setTimeout(function () { post(body, tries + 1); }, 2000 * Math.pow(4, tries));
      });
  }

  function send(events) {
    if (!events.length) return;
    if (!visitor) remember(newId());
    post(JSON.stringify({ site: script.getAttribute('data-site'), visitor: visitor, events: events }), 0);
  }

  function track(kind, props) {
    if (silent || refused) return;
    var event = { id: newId(), kind: kind, at: new Date().toISOString(), props: props || {} };
    if (granted) send([event]);
    else if (waiting.length < 50) waiting.push(event);
  }

  function page() {
    var here = w.location;
    if (here.pathname === lastPath) return;
    lastPath = here.pathname;
    var props = { path: here.pathname.slice(0, 500), title: d.title.slice(0, 300), host: here.host };
    if (lastAddress) props.referrer = lastAddress.slice(0, 500);
    here.search.replace(/[?&](utm_(?:source|medium|campaign|term|content))=([^&]*)/g, function (_, name, value) {
      try { props[name] = decodeURIComponent(value.replace(/\+/g, ' ')).slice(0, 200); } catch (e) { /* not ours */ }
    });
    lastAddress = here.origin + here.pathname;
    track('page_view', props);
  }

  function consent(given) {
    refused = !given;
    granted = given;
    if (silent) return;
    if (given) {
      var before = waiting;
      waiting = [];
      if (!before.length && !visitor) lastPath = '';
      remember(visitor || newId());
      send(before);
      page();
    } else {
      visitor = '';
      waiting = [];
      keep(asks ? '' : OFF, asks ? 0 : 34e6);
      fill();
    }
  }

  // Lead forms carry the visitor's id, so that the visits from before become the person's.
  function fill() {
    if (!visitor && !refused) return; // the page may have an id from elsewhere
    var inputs = d.querySelectorAll('input[name="' + NAME + '"]');
    for (var i = 0; i < inputs.length; i++) inputs[i].value = visitor;
  }

  // A link to a form on the collector's own host carries it along: that host cannot read our cookie.
  function carry(event) {
    var link = event.target && event.target.closest && event.target.closest('a[href]');
    if (!link || !visitor || link.href.indexOf(home + '/f/') !== 0 || link.href.indexOf(NAME) > 0) return;
    var parts = link.href.split('#');
    parts[0] += (parts[0].indexOf('?') < 0 ? '?' : '&') + NAME + '=' + visitor +
      '&page=' + encodeURIComponent(lastAddress) + w.location.search.replace(/^\?/, '&');
    link.href = parts.join('#');
  }

  function watch(name) {
    var original = w.history[name];
    w.history[name] = function () {
      original.apply(this, arguments);
      w.setTimeout(page, 50); // pages set their title after they change the address
    };
  }

  function winnow(command, a, b) {
    if (command === 'track') track(a, b);
    else if (command === 'consent') consent(a === true);
    else if (command === 'reset' && visitor) remember(newId());
  }
  winnow.isLoaded = true;
  w.winnow = winnow;

  function start() {
    var calls = (early && early.q) || [];
    for (var i = 0; i < calls.length; i++) winnow.apply(null, calls[i]);
    page();
    watch('pushState');
    watch('replaceState');
    w.addEventListener('popstate', page);
    d.addEventListener('click', carry, true);
    d.addEventListener('submit', fill, true);
    if (d.readyState === 'loading') d.addEventListener('DOMContentLoaded', fill);
    fill();
  }

  // A page that the browser only loads in advance was not looked at.
  if (d.prerendering) d.addEventListener('prerenderingchange', start, { once: true });
  else start();
})(window, document);
