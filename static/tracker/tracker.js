/*
 * Winnow's tracker. Tells the collector beside it which pages a visitor looks at, and for how long.
 *
 *   <script async src="https://…/t/tracker.js" data-site="KEY"></script>
 *     data-consent="ask"   nothing is sent or stored before winnow('consent', true)
 *     data-cookie="none"   the visitor is known for this page only; no cookie is set
 *   winnow('track', 'Price list opened', {asset: 'price-list.pdf'})
 *   winnow('identify', {email: 'lee@example.com', plan: 'Pro'})     or winnow('identify', 'user-17', {…})
 *     what the page knows of its visitor; believed of an unknown one, never changes somebody who is known
 *   winnow('consent', true | false)
 *   winnow('reset')         the next person at a shared computer
 *   winnow('visitor', id)   go on as the visitor that a form's answer names
 *   <a data-winnow-share="linkedin">   a share button; copying text inside such an element counts, too
 *
 * To call it before it has loaded:
 *   window.winnow = window.winnow || function () { (winnow.q = winnow.q || []).push(arguments) }
 */
(function (w, d) {
  'use strict';
  var script = d.currentScript;
  var early = w.winnow;
  if (!script || early?.isLoaded) return;

  var NAME = 'winnow_visitor';
  var FIELD = '[name=' + NAME + ']';
  var PERSON = 'winnow_person'; // a number made from the address that was last given on this device
  var OFF = 'off'; // the visitor said no
  var SHARE = '[data-winnow-share]';
  var YEAR = 34e6;
  var FILE = /\.(pdf|docx?|xlsx?|pptx?|csv|zip|gz|dmg|exe|msi|apk|epub|mp[34]|od[ts])$/i;
  var nav = w.navigator;
  var home = script.src.replace(/\/t\/tracker\.js.*$/, '');
  var option = name => script.getAttribute('data-' + name);
  var asks = option('consent') === 'ask';
  var cookies = option('cookie') !== 'none';
  var silent = nav.doNotTrack === '1' || w.doNotTrack === '1' || nav.globalPrivacyControl === true;
  var saved = read(NAME);
  var refused = saved === OFF;
  var visitor = refused || silent ? '' : saved;
  var granted = !refused && (!asks || !!visitor);
  var waiting = []; // what happened before the visitor was asked; forgotten with the page
  var lastPath = '';
  var lastAddress = d.referrer;
  var view = null; // the page view that is being read
  var seenFor = 0; // milliseconds
  var since = 0; // 0: nobody is looking
  var touched = 0; // somebody pressed or scrolled
  var told; // who the page says they are
  var bait; // a link that no person can see

  function read(name) {
    return d.cookie.match('(?:^|; )' + name + '=([\\w-]+)')?.[1] || '';
  }

  function on(target, name, work) {
    target.addEventListener(name, work, { capture: true, passive: true });
  }

  function newId() {
    var bytes = new Uint8Array(16);
    w.crypto.getRandomValues(bytes);
    return Array.from(bytes, b => (b + 256).toString(16).slice(1)).join('');
  }

  function keep(name, value, seconds) {
    if (cookies) d.cookie = name + '=' + value + ';path=/;samesite=lax;max-age=' + seconds +
      (w.location.protocol === 'https:' ? ';secure' : '');
  }

  function remember(id) {
    visitor = id;
    keep(NAME, id, YEAR);
    fill();
  }

  // The same body is sent again after a failure: the ids in it make the collector store each event once.
  function post(path, content, tries) {
    var body = tries ? content : JSON.stringify(content);
    if (!tries && nav.sendBeacon && nav.sendBeacon(home + path, body)) return;
    if (!w.fetch) return;
    w.fetch(home + path, { method: 'POST', body: body, keepalive: true, credentials: 'omit' })
      .then(answer => { if (answer.status === 429 || answer.status > 499) throw answer; })
      .catch(() => { if (tries < 3) w.setTimeout(() => post(path, body, tries + 1), 2000 * 4 ** tries); });
  }

  function send(events, said) {
    if (!visitor) remember(newId());
    var body = { site: option('site'), visitor: visitor, events: events, sent: new Date().toISOString() };
    if (said !== undefined) body.consent = said;
    if (nav.webdriver) body.automated = true;
    if (touched) body.touched = true;
    post('/t/collect', body, 0);
  }

  function track(kind, props) {
    if (silent || refused) return;
    var event = { id: newId(), kind: kind, at: new Date().toISOString(), props: props || {} };
    if (granted) send([event]);
    else if (waiting.length < 50) waiting.push(event);
    return event;
  }

  function page() {
    var here = w.location;
    var path = here.pathname + (here.hash.match(/^#!?\/[^?]*/)?.[0] || ''); // #/… is an address, too
    if (path === lastPath) return;
    leave();
    lastPath = path;
    var props = { path: path.slice(0, 500), title: d.title.slice(0, 300), host: here.host };
    if (lastAddress) props.referrer = lastAddress.slice(0, 500);
    here.search.replace(/[?&](utm_(?:source|medium|campaign|term|content)|gclid|msclkid|fbclid)=([^&]*)/g, (_, name, value) => {
      try { props[name] = decodeURIComponent(value.replace(/\+/g, ' ')).slice(0, 200); } catch { /* not ours */ }
    });
    lastAddress = here.origin + here.pathname;
    view = track('page_view', props);
    seenFor = 0;
    since = d.hidden ? 0 : Date.now();
    look();
  }

  // How far down they have been, in percent of the page.
  function look() {
    if (!view) return;
    var whole = d.documentElement.scrollHeight || 1;
    view.depth = Math.max(view.depth || 0, Math.min(100, Math.round(100 * (w.pageYOffset + w.innerHeight) / whole)));
  }

  // The same page view once more, with what is known about it by now: the collector adds that to what it has.
  function leave() {
    if (since) seenFor += Date.now() - since;
    since = 0;
    if (!view || seenFor < 1000) return;
    view.props.seconds = Math.round(seenFor / 1000);
    view.props.scroll = view.depth || 0;
    if (granted && !refused) send([{ id: view.id, kind: view.kind, at: view.at, props: view.props }]);
  }

  function shown() {
    if (d.visibilityState === 'hidden') leave();
    else since = since || Date.now();
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
      send(before, true);
      page();
      if (told) identify(...told);
    } else {
      if (visitor) send([], false);
      visitor = told = '';
      waiting = [];
      view = null;
      keep(PERSON, '', 0);
      keep(NAME, asks ? '' : OFF, asks ? 0 : YEAR);
      fill();
    }
  }

  // Lead forms carry the visitor's id, so that the visits from before become the person's.
  function fill() {
    if (!visitor && !refused) return; // the page may have an id from elsewhere
    d.querySelectorAll(FIELD).forEach(input => { input.value = visitor; });
    bait = bait || d.documentElement.appendChild(d.createElement('a'));
    bait.hidden = true;
    bait.rel = 'nofollow';
    bait.href = visitor && home + '/t/more/?site=' + option('site') + '&visitor=' + visitor;
  }

  // Another address than the last one on this device: somebody else sits here, and goes on as a new visitor.
  function meet(mail) {
    var mark = 7;
    mail.trim().toLowerCase().replace(/./g, c => { mark = (mark * 31 + c.charCodeAt()) % 1e13; });
    if ((read(PERSON) || mark) != mark) remember(newId());
    keep(PERSON, mark, YEAR);
  }

  function sent(event) {
    var form = event.target;
    var mail = form.querySelector(FIELD) && form.querySelector('[type=email]');
    if (mail && mail.value && visitor) meet(mail.value);
    fill();
  }

  function identify(id, traits) {
    if (silent || refused) return;
    told = [id, traits];
    if (!granted) return;
    if (!traits) {
      traits = id || {};
      id = null;
    }
    if (!visitor) remember(newId());
    if (traits.email) meet(traits.email);
    post('/v1/identify', { writeKey: option('site'), userId: id, anonymousId: visitor, traits: traits }, 0);
  }

  function clicked(event) {
    var target = event.target;
    if (!target.closest) return;
    var share = target.closest(SHARE);
    var link = target.closest('a[href]');
    if (share) return shared(share.getAttribute('data-winnow-share') || 'link');
    if (!link || !/^https?:/.test(link.href)) return;
    if (link.href.startsWith(home + '/f/')) return carry(link);
    var address = link.href.split(/[?#]/)[0].slice(0, 500);
    if (FILE.test(address) || link.hasAttribute('download')) {
      track('asset_downloaded', { asset: decodeURI(address.split('/').pop()), url: address });
    } else if (link.host !== w.location.host) {
      track('link_clicked', { path: address, text: link.textContent.trim().slice(0, 100) });
    }
  }

  function shared(by) {
    track('page_shared', { path: w.location.pathname, network: by.slice(0, 60), title: d.title.slice(0, 300) });
  }

  function copied(event) {
    var target = event.target;
    target = target.closest ? target : target.parentNode;
    if (target && target.closest(SHARE)) shared('copied link');
  }

  // A link to a form on the collector's own host carries the visitor along: that host cannot read our cookie.
  function carry(link) {
    if (!visitor || link.href.includes(NAME)) return;
    var parts = link.href.split('#');
    parts[0] += (parts[0].includes('?') ? '&' : '?') + NAME + '=' + visitor +
      '&page=' + encodeURIComponent(lastAddress) + w.location.search.replace(/^\?/, '&');
    link.href = parts.join('#');
  }

  function watch(name) {
    var original = w.history[name];
    w.history[name] = function (...given) {
      var result = original.apply(this, given);
      w.setTimeout(page, 50); // pages set their title after they change the address
      return result;
    };
  }

  function winnow(command, a, b) {
    if (command === 'track') track(a, b);
    else if (command === 'identify') identify(a, b);
    else if (command === 'consent') consent(a === true);
    else if (!visitor) return;
    else if (command === 'reset') { keep(PERSON, '', 0); remember(newId()); }
    else if (command === 'visitor' && /^[\w-]{8,64}$/.test(a || '')) remember(a);
  }
  winnow.isLoaded = true;
  w.winnow = winnow;

  function start() {
    for (var call of early?.q || []) winnow(...call);
    page();
    watch('pushState');
    watch('replaceState');
    on(w, 'popstate', page);
    on(w, 'scroll', look);
    for (var sign of ['pointerdown', 'keydown', 'wheel']) on(w, sign, () => { touched = 1; });
    on(w, 'pagehide', leave);
    on(d, 'visibilitychange', shown);
    on(d, 'click', clicked);
    on(d, 'auxclick', clicked);
    on(d, 'copy', copied);
    on(d, 'submit', sent);
    on(d, 'winnow:sent', event => winnow('visitor', event.detail.visitor)); // our form in this page
    if (d.readyState === 'loading') on(d, 'DOMContentLoaded', fill);
    fill();
  }

  // A page that the browser only loads in advance was not looked at.
  if (d.prerendering) on(d, 'prerenderingchange', start);
  else start();
})(window, document);
