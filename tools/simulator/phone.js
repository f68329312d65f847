'use strict';

// Shows /messages.json and keeps asking for what has changed since. Text is put in as text, never as HTML.

const SHOWN_MAX = 300;       // of each kind; the oldest leave the page
const WAIT_SECONDS = 25;     // the server answers at once when a message comes
const RETRY_MS = 1000;
const REFUSED_MS = 2000;
const REFUSED_SHOWN = 20;
const COPIED_MS = 2000;

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let messages = [];           // that may be on the page, oldest first
let change = 0;              // the latest change that the page knows
const first = new Map();     // number and code → when the first message with it was accepted or refused
const names = {
  whatsapp: 'WhatsApp', sms: 'SMS', voice: 'Call', telegram: 'Telegram', email: 'E-mail', meta: 'Meta', gateway: 'SMS gateway',
  ycloud: 'YCloud', twilio: 'Twilio', vonage: 'Vonage', infobip: 'Infobip', unifonic: 'Unifonic', authentica: 'Authentica',
  telegram_gateway: 'Telegram Gateway', telegram_bot: 'Telegram bot', kannel: 'Kannel', getgabs: 'Getgabs',
};
const ticks = { accepted: '', sent: '✓', delivered: '✓✓', read: '✓✓', failed: '✗' };
let epoch = null;            // changes when the messages are cleared or the simulator starts again
let pinned = true;           // the newest WhatsApp message stays in view
const unread = { whatsapp: 0, sms: 0 };

function clone(template) {
  return $(template).content.firstElementChild.cloneNode(true);
}

function addText(element, name, text) {
  const node = document.createElement(name);
  node.textContent = text;
  element.append(node);
}

// WhatsApp writes *bold*.
function fillBold(element, text) {
  for (const part of text.split(/(\*[^*\n]+\*)/)) {
    const bold = part.length > 2 && part.startsWith('*') && part.endsWith('*');
    addText(element, bold ? 'strong' : 'span', bold ? part.slice(1, -1) : part);
  }
}

// An SMS knows no bold, but the eye looks for the code.
function fillPlain(element, text, code) {
  const at = code ? text.indexOf(code) : -1;
  if (at < 0) {
    addText(element, 'span', text);
    return;
  }
  addText(element, 'span', text.slice(0, at));
  addText(element, 'strong', code);
  addText(element, 'span', text.slice(at + code.length));
}

function selectText(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copyCode(button, code) {
  const label = button.querySelector('span');
  const icon = button.querySelector('use');
  try {
    await navigator.clipboard.writeText(code);
    label.textContent = 'Copied';
    icon.setAttribute('href', '#icon-tick');
    announce('Code copied');
  } catch {
    selectText(button.closest('li').querySelector('.text'));
    label.textContent = 'Selected: press Ctrl+C';
  }
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    label.textContent = 'Copy code';
    icon.setAttribute('href', '#icon-copy');
  }, COPIED_MS);
}

const panelOf = (message) => (message.channel === 'whatsapp' ? 'whatsapp' : 'sms');
const keyOf = (message) => `${message.to} ${message.code}`;

// "fallback after 25 s": since the first message with this code to this number.
function sinceFirst(message) {
  const begin = first.get(keyOf(message));
  if (!message.code || !begin || begin.index === message.index) return '';
  const seconds = Math.max(0, message.at - begin.at) / 1000;
  const other = begin.channel !== message.channel || begin.provider !== message.provider;
  return `${other ? 'fallback' : 'again'} after ${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
}

// Channel and provider, why now, and what became of it.
function fillTrail(item, message) {
  const failed = message.events.find((event) => event.status === 'failed');
  const state = item.querySelector('.state');
  const words = message.status === 'failed' && failed ? `failed: ${failed.code}` : message.status;
  item.querySelector('.way').textContent = `${names[message.channel]} · ${names[message.provider]}`;
  item.querySelector('.since').textContent = sinceFirst(message);
  item.querySelector('.since').hidden = !sinceFirst(message);
  state.textContent = `${ticks[message.status]} ${words}`.trim();
  state.dataset.status = message.status;
}

function itemOf(message) {
  if (message.state === 'failed') {
    const note = clone('note');
    const why = [names[message.channel], names[message.provider], clock.format(message.at), sinceFirst(message)];
    note.textContent = `Not delivered to ${message.to}: ${message.error} · ${why.filter((part) => part).join(' · ')}`;
    return note;
  }
  const panel = panelOf(message);
  const item = clone(panel === 'sms' ? 'card' : 'bubble');
  const text = item.querySelector('.text');
  const time = item.querySelector('time');
  const copy = item.querySelector('.copy');
  item.querySelector('.to').textContent = `To ${message.to}`;
  if (panel === 'sms') {
    fillPlain(text, message.text, message.code);
  } else {
    fillBold(text, message.text);
  }
  time.textContent = clock.format(message.at);
  time.dateTime = new Date(message.at).toISOString();
  fillTrail(item, message);
  if (message.code) {
    copy.setAttribute('aria-label', `Copy code ${message.code} sent to ${message.to}`);
    copy.addEventListener('click', () => copyCode(copy, message.code));
  } else {
    copy.hidden = true;
  }
  return item;
}

function isVisible(message) {
  const number = $('numbers').value;
  return (message.shown || message.state === 'failed') && (!number || message.to === number);
}

// WhatsApp: the newest is at the bottom. SMS: on top.
function put(message, fresh) {
  if (!isVisible(message)) return;
  const item = itemOf(message);
  item.dataset.index = message.index;
  if (fresh) item.classList.add('fresh');
  if (panelOf(message) === 'sms') {
    $('sms').prepend(item);
    if ($('sms').children.length > SHOWN_MAX) $('sms').lastElementChild.remove();
  } else {
    $('chat').append(item);
    if ($('chat').children.length > SHOWN_MAX) $('chat').firstElementChild.remove();
  }
}

function isAtEnd() {
  const box = $('chat-scroll');
  return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
}

function scrollToEnd() {
  $('chat-scroll').scrollTop = $('chat-scroll').scrollHeight;
  $('newer').hidden = true;
  pinned = true;
}

function showCounts() {
  for (const button of document.querySelectorAll('.views button')) {
    const count = button.querySelector('.count');
    const view = button.dataset.view;
    if (document.body.dataset.view === view) unread[view] = 0;
    count.textContent = unread[view];
    count.hidden = unread[view] === 0;
    button.setAttribute('aria-pressed', document.body.dataset.view === view);
  }
}

function showState() {
  $('chat-empty').hidden = $('chat').children.length > 0;
  $('chat').hidden = !$('chat-empty').hidden;
  $('sms-empty').hidden = $('sms').children.length > 0;
  $('clear').disabled = messages.length === 0;
  showCounts();
}

function showNumbers() {
  const select = $('numbers');
  const known = new Set([...select.options].map((option) => option.value));
  for (const { to } of messages) {
    if (known.has(to)) continue;
    known.add(to);
    select.add(new Option(to, to));
  }
  select.closest('label').hidden = known.size < 3;
}

function announce(text) {
  $('news').textContent = text;
}

function announceNewest(list) {
  const newest = list.filter((message) => message.shown).pop();
  if (!newest) return;
  const name = newest.channel === 'whatsapp' ? 'WhatsApp message' : names[newest.channel];
  announce(`New ${name} to ${newest.to}: ${newest.text.replaceAll('*', '')}`);
}

function drawAll() {
  $('chat').replaceChildren();
  $('sms').replaceChildren();
  messages.forEach((message) => put(message, false));
  showState();
  scrollToEnd();
}

// Those that the page has shown are as good as read.
function tellSeen(list) {
  const seen = list.filter((message) => isVisible(message) && message.state !== 'failed').map((message) => message.index);
  if (document.hidden || seen.length === 0) return;
  fetch('messages.json', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ epoch, seen }),
  }).catch(() => {}); // who does not answer is asked again for messages, and that is said
}

// What became of messages that are on the page already.
function update(list) {
  const known = new Map(messages.map((message, place) => [message.index, place]));
  for (const message of list) {
    if (!known.has(message.index)) continue;
    messages[known.get(message.index)] = message;
    const item = document.querySelector(`li[data-index="${message.index}"]`);
    if (item && message.state !== 'failed') fillTrail(item, message);
  }
}

function takeNew(list, fresh) {
  const wasPinned = pinned;
  messages = messages.concat(list).slice(-2 * SHOWN_MAX);
  for (const message of list) {
    if (message.code && !first.has(keyOf(message))) first.set(keyOf(message), message);
  }
  for (const message of list.slice(-2 * SHOWN_MAX)) {
    put(message, fresh);
    if (message.shown) unread[panelOf(message)]++;
  }
  showNumbers();
  showState();
  if (wasPinned || !fresh) {
    scrollToEnd();
  } else if (list.some((message) => message.channel === 'whatsapp' && isVisible(message))) {
    $('newer').hidden = false;
  }
  if (fresh) announceNewest(list);
  tellSeen(list);
}

function take(list, fresh) {
  const newest = messages.length > 0 ? messages[messages.length - 1].index : 0;
  update(list);
  const added = list.filter((message) => message.index > newest).sort((a, b) => a.index - b.index);
  if (added.length > 0) takeNew(added, fresh);
  change = list.reduce((most, message) => Math.max(most, message.change), change);
}

function showRefused(list) {
  const rows = list.slice(-REFUSED_SHOWN).reverse().map((call) => {
    const row = clone('refusal');
    row.querySelector('time').textContent = clock.format(call.at);
    row.querySelector('.what').textContent = `${call.outcome} · ${call.endpoint} · ${call.status}${call.code ? ` · ${call.code}` : ''}`;
    row.querySelector('.why').textContent = call.reason;
    return row;
  });
  $('refused').replaceChildren(...rows);
  $('refused-box').hidden = rows.length === 0;
  $('refused-count').textContent = list.length;
}

async function followRefused() {
  for (;;) {
    try {
      showRefused((await (await fetch('requests.json', { cache: 'no-store' })).json()).refused);
    } catch {
      showRefused([]); // the other loop says that nobody answers
    }
    await sleep(REFUSED_MS);
  }
}

function forgetAll() {
  messages = [];
  change = 0;
  first.clear();
  unread.whatsapp = unread.sms = 0;
  $('numbers').length = 1;
  showNumbers();
  drawAll();
}

function showLink(state, text) {
  if ($('link').dataset.state === state) return;
  $('link').dataset.state = state;
  $('link').textContent = text;
}

async function ask() {
  const wait = epoch === null || $('link').dataset.state !== 'live' ? 0 : WAIT_SECONDS;
  const response = await fetch(`messages.json?changed=${change}&wait=${wait}`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const list = await response.json();
  const was = epoch;
  epoch = response.headers.get('X-Messages-Epoch');
  showLink('live', 'Live');
  if (was !== null && epoch !== was) {
    forgetAll();
    return;
  }
  if (list.length === 0) return;
  take(list, was !== null);
}

async function follow() {
  for (;;) {
    try {
      await ask();
    } catch {
      showLink('lost', 'The simulator does not answer. Trying again…');
      await sleep(RETRY_MS);
    }
  }
}

function setView(view) {
  document.body.dataset.view = view;
  showCounts();
  if (view === 'whatsapp') scrollToEnd();
}

for (const button of document.querySelectorAll('.views button')) {
  button.addEventListener('click', () => setView(button.dataset.view));
}
$('numbers').addEventListener('change', drawAll);
$('newer').addEventListener('click', scrollToEnd);
$('chat-scroll').addEventListener('scroll', () => {
  pinned = isAtEnd();
  if (pinned) $('newer').hidden = true;
}, { passive: true });
new ResizeObserver(() => { if (pinned) scrollToEnd(); }).observe($('chat-scroll'));
$('clear').addEventListener('click', () => fetch('messages.json', { method: 'DELETE' }));

const trust = location.protocol === 'https:' ? '\nca_file = "the file of --ca-out"' : '';
$('base-url').textContent = `driver = whatsapp_cloud\nbase_url = "${location.origin}"${trust}`;
$('sms-url').textContent = `driver = http\nurl = "${location.origin}/sms"${trust}`;
showState();
follow();
followRefused();
