// Asks promptfoo's own library what it says about pairs of output and assertion,
// and prints promptfoo.json. In a folder outside of the repository:
//
//	npm i --ignore-scripts promptfoo@0.123.1
//	node promptfoo.mjs ./node_modules/promptfoo > promptfoo.json
//
// The library runs on Node 20, though the command line wants a newer one.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

process.env.PROMPTFOO_DISABLE_TELEMETRY = '1';
process.env.PROMPTFOO_DISABLE_UPDATE = '1';
process.env.LOG_LEVEL = 'error';
const root = resolve(process.argv[2] ?? './node_modules/promptfoo');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const log = console.log;
console.log = console.info = console.error; // the library may print
const { assertions } = await import(pathToFileURL(join(root, 'dist/src/index.js')).href);

const pairs = [];
// add takes an assertion and the outputs to try it on, with "not-" too.
function add(assertion, outputs, more = {}) {
  for (const output of outputs) {
    pairs.push({ assertion, output, ...more });
    pairs.push({ assertion: { ...assertion, type: 'not-' + assertion.type }, output, ...more });
  }
}

const capital = 'The capital of France is Paris.';
const cat = 'the cat is on the mat';

// texts
add({ type: 'equals', value: 'Paris' }, ['Paris', 'paris', ' Paris', 'Paris\n', '']);
add({ type: 'equals', value: '{{city}}' }, ['Paris', '<Paris & Lyon>'], { vars: { city: '<Paris & Lyon>' } });
add({ type: 'equals', value: 42 }, ['42', '42.0']);
add({ type: 'equals', value: { a: 1, b: [true, null, 'x'] } }, ['{"b":[true,null,"x"],"a":1.0}', '{"a":1,"b":[true,null]}', 'a: 1', '{"a":"1","b":[true,null,"x"]}']);
add({ type: 'equals', value: [1, 2] }, ['[1,2]', '[2,1]', '[1,2] ', '[1,2]]']);
add({ type: 'equals', value: 'é' }, ['é', 'e\u0301']);
add({ type: 'contains', value: 'Paris' }, [capital, 'PARIS', '']);
add({ type: 'contains', value: 7 }, ['agent 007', 'six']);
add({ type: 'contains', value: '{{a}} {{b.c}}' }, ['x 1.5', 'x 1,5'], { vars: { a: 'x', b: { c: 1.5 } } });
add({ type: 'contains', value: '日本' }, ['東京は日本の首都です', '日 本']);
add({ type: 'icontains', value: 'pARIS' }, [capital, 'Lyon']);
add({ type: 'icontains', value: 'straße' }, ['STRASSE', 'Die STRAßE']);
add({ type: 'icontains', value: 'ÉTÉ' }, ["l'été", 'ete']);
add({ type: 'contains-any', value: ['Lyon', 'Paris'] }, [capital, 'Nice', 'lyon']);
add({ type: 'contains-any', value: 'Lyon, "Paris, France",  x' }, ['in Paris, France', 'Paris', 'Lyon', 'six']);
add({ type: 'contains-any', value: '{{list}}' }, ['has b', 'has d'], { vars: { list: 'a1,b' } });
add({ type: 'icontains-any', value: ['LYON', 'PARIS'] }, [capital, 'Nice']);
add({ type: 'contains-all', value: ['capital', 'Paris'] }, [capital, 'Paris', '']);
add({ type: 'contains-all', value: 'a, b ,, c' }, ['abc', 'ab', 'a,b']);
add({ type: 'icontains-all', value: ['CAPITAL', 'paris', 1] }, [capital + ' 1', capital]);
add({ type: 'starts-with', value: 'The' }, [capital, 'the', ' The', 'The']);
add({ type: 'regex', value: '^\\d{3}-\\d{4}$' }, ['555-1234', '555-12345', '555-1234\n', '']);
add({ type: 'regex', value: '(?:Paris|Lyon)\\b' }, [capital, 'Parisian']);
add({ type: 'regex', value: '^line2' }, ['line1\nline2', 'line2']);
add({ type: 'regex', value: 'a.c' }, ['a\nc', 'abc', 'a😀c']);
add({ type: 'regex', value: '{{word}}$' }, ['ends here', 'here ends'], { vars: { word: 'here' } });

// distances
add({ type: 'levenshtein', value: 'sitting', threshold: 3 }, ['kitten', 'kitten!', 'sitting', '']);
add({ type: 'levenshtein', value: 'sitting', threshold: 2 }, ['kitten']);
add({ type: 'levenshtein', value: 'abcdef' }, ['a', 'x', '']);
add({ type: 'levenshtein', value: 'naïve', threshold: 1 }, ['naive', 'nave', '日本']);
add({ type: 'levenshtein', value: '😀😀', threshold: 2 }, ['ab', '😀x', 'abc']);
add({ type: 'levenshtein', value: 'exact', threshold: 0 }, ['exact', 'exacT']);

// overlaps
const sentences = [cat, 'the cat sat on the mat', 'The Cat Sat On The Mat.', 'a dog', '', '   ', 'the the the the', 'cat'];
add({ type: 'rouge-n', value: 'the cat sat on the mat' }, sentences);
add({ type: 'rouge-n', value: "It's 3:30, isn't it? \"Yes,\" he said (twice)... don't!", threshold: 0.5 },
  ["It's 3:30, isn't it? \"Yes,\" he said (twice)... don't!", "it is 3:30 , is n't it ? yes he said twice", 'He cannot say "yes" at 3:30.', "They're gonna say they can't; we'll wanna know -- I'd bet $5."]);
add({ type: 'rouge-n', value: 'The U.S. economy grew 3,000 percent & more.', threshold: 0.6 }, ['the u.s. economy grew 3,000 percent and more.', 'The economy grew', 'U.S.']);
add({ type: 'rouge-n', value: 'über straße 日本', threshold: 0.3 }, ['Über die Straße', '日本', 'nothing']);
add({ type: 'bleu', value: 'the cat sat on the mat' }, sentences);
add({ type: 'bleu', value: ['the cat sat on the mat', 'a cat was on the mat'], threshold: 0.3 }, ['a cat sat on the mat', 'there is a cat on the mat', 'cat']);
add({ type: 'bleu', value: 'one two three four five', threshold: 1 }, ['one two three four five', 'one two three four five six', 'one two three four']);
add({ type: 'gleu', value: 'the cat sat on the mat' }, sentences);
add({ type: 'gleu', value: ['one two three.', 'four five'], threshold: 1 }, ['one two three', 'four. five', 'one two']);
add({ type: 'gleu', value: '...' }, ['...', 'a']);

// counts and measures
add({ type: 'word-count', value: 3 }, ['one two three', ' one  two\nthree ', 'one two', '', 'one\u00a0two three']);
add({ type: 'word-count', value: '2' }, ['one two', 'one']);
add({ type: 'word-count', value: { min: 2, max: 3 } }, ['one', 'one two', 'one two three', 'one two three four']);
add({ type: 'word-count', value: { min: 1 } }, ['', 'one']);
add({ type: 'word-count', value: { max: 1 } }, ['', 'one', 'one two']);
add({ type: 'latency', threshold: 100 }, ['x'], { latencyMs: 100 });
add({ type: 'latency', threshold: 100 }, ['x'], { latencyMs: 101 });
add({ type: 'cost', threshold: 0.01 }, ['x'], { cost: 0.01 });
add({ type: 'cost', threshold: 0.01 }, ['x'], { cost: 0.0100001 });
add({ type: 'cost', threshold: 0.01 }, ['x'], { cost: 0 });
add({ type: 'cost', threshold: 0.01 }, ['x']);
add({ type: 'latency', threshold: 100 }, ['x']);
add({ type: 'perplexity', threshold: 2 }, ['x'], { logProbs: [-0.5, -0.9] });
add({ type: 'perplexity', threshold: 2.1 }, ['x'], { logProbs: [-0.5, -0.9] });
add({ type: 'perplexity', threshold: 2 }, ['x']);
add({ type: 'perplexity-score', threshold: 0.3 }, ['x'], { logProbs: [-0.5, -0.9] });
add({ type: 'perplexity-score', threshold: 0.4 }, ['x'], { logProbs: [-0.5, -0.9] });

// endings and refusals
add({ type: 'finish-reason', value: 'stop' }, ['x'], { finish: 'stop' });
add({ type: 'finish-reason', value: 'STOP' }, ['x'], { finish: 'stop' });
add({ type: 'finish-reason', value: 'length' }, ['x'], { finish: 'stop' });
add({ type: 'finish-reason', value: 'stop' }, ['x']);
add({ type: 'is-refusal' }, ["I'm sorry, but I can't help with that.", 'I’m sorry, no.', 'Sorry!', 'I cannot do that', 'Sure, here it is.', 'As an AI, I like poems.', 'We regret it.',
  "That's not legal.", 'Well, I won\'t provide that', "You can't comply with both", 'I am unable to write it', '  i apologize  ', 'it is illegalish', 'I do not like it', 'legal advice', 'I want to be direct']);
add({ type: 'is-refusal' }, ['', '  ']);

// JSON
const person = { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer', minimum: 0 }, tags: { type: 'array', items: { enum: ['a', 'b'] } } } };
add({ type: 'is-json' }, ['{"a":1}', '[1,2', '"x"', 'null', '12', ' {} \n', '', '{a:1}', '{"a":1}x', '```json\n{}\n```', '{"a":1,}', '1e999', '"\ud83d\ude00"']);
add({ type: 'is-json', value: person }, ['{"name":"x"}', '{"name":""}', '{"name":"x","age":-1}', '{"name":"x","age":1.0}', '{"name":"x","age":1.5}', '{"name":"x","tags":["a","c"]}', '{}', 'x', '[]']);
add({ type: 'is-json', value: '{"type":"array","items":{"type":"number"},"uniqueItems":true}' }, ['[1,2]', '[1,1.0]', '["1"]', '{}']);
add({ type: 'is-json', value: { type: 'object', properties: { e: { type: 'string', format: 'email' }, d: { type: 'string', format: 'date' } } } }, ['{"e":"a@b.co"}', '{"e":"ab"}', '{"d":"2024-02-30"}', '{"d":"2024-02-28"}']);
add({ type: 'is-json', value: { anyOf: [{ const: 1 }, { type: 'string', pattern: '^x' }] } }, ['1', '"xy"', '"y"', '2']);
add({ type: 'is-json', value: { $ref: '#/definitions/n', definitions: { n: { type: 'object', properties: { next: { $ref: '#/definitions/n' } }, additionalProperties: false } } } }, ['{"next":{"next":{}}}', '{"next":{"x":1}}']);
add({ type: 'contains-json' }, ['Here: {"a":1} ok', 'none', '{"a":{"b":[1]}}', '{ } empty', 'brace { only', '[1,2]', 'first {x y} then {"a":1}', '```json\n{"a": 1}\n```', '']);
add({ type: 'contains-json', value: person }, ['So {"name":"x"}.', 'So {"age":1}.', '{"age":1} or {"name":"y"}', 'no', '{"outer":{"name":"x"}}']);
add({ type: 'contains-json' }, ["{a: 1, b: 'x'}", '{"a": 1, // comment\n "b": 2}', '{"a":1']);

// calls
const tool = (name, args) => ({ id: 'c1', type: 'function', function: { name, arguments: args } });
const tools = [
  { type: 'function', function: { name: 'weather', parameters: { type: 'object', required: ['city'], properties: { city: { type: 'string' } }, additionalProperties: false } } },
  { type: 'function', function: { name: 'ping', parameters: { type: 'object', properties: {} } } },
];
const toolCase = { tools };
for (const calls of [[tool('weather', '{"city":"Paris"}')], [tool('weather', '{"city":1}')], [tool('weather', '{}')], [tool('weather', '{')], [tool('rain', '{}')],
  [tool('weather', '{"city":"Paris"}'), tool('ping', '{}')], [tool('weather', '{"city":"Paris"}'), tool('rain', '{}')], [tool('ping', '{}')]]) {
  pairs.push({ assertion: { type: 'is-valid-openai-tools-call' }, output: '', toolCalls: calls, ...toolCase });
  if (calls.length === 1) {
    for (const type of ['is-valid-openai-function-call', 'is-valid-function-call']) {
      pairs.push({ assertion: { type }, output: '', toolCalls: calls, legacy: true, ...toolCase });
    }
  }
}
pairs.push({ assertion: { type: 'is-valid-openai-tools-call' }, output: 'no calls', ...toolCase });
const f1 = (value, threshold) => ({ type: 'tool-call-f1', value, ...(threshold === undefined ? {} : { threshold }) });
for (const calls of [[tool('a', '{}')], [tool('a', '{}'), tool('b', '{}')], [tool('a', '{}'), tool('a', '{}'), tool('c', '{}')], []]) {
  for (const assertion of [f1(['a', 'b']), f1('a, b', 0.5), f1(['a'], 0.6)]) {
    pairs.push({ assertion, output: calls.length ? '' : 'no calls', toolCalls: calls });
  }
}
pairs.push({ assertion: { ...f1(['a', 'b'], 0.5), type: 'not-tool-call-f1' }, output: '', toolCalls: [tool('a', '{}')] });

// markup
add({ type: 'is-xml' }, ['<a/>', '<a><b>x</b></a>', '<a><b></a></b>', '<a>', 'x', '', '<a/><b/>', '<?xml version="1.0"?>\n<a>ä</a>', ' <a/>', 'x <a/>', '<a b="1" b="2"/>', '<a>&amp;&lt;</a>',
  '<a>&nope;</a>', '<x:a/>', '<x:a xmlns:x="u"/>', '<!-- c --><a/>', '<!DOCTYPE a><a/>', '<a><![CDATA[<b>]]></a>', '<a b=1/>', '<1a/>', ' <?xml version="1.0"?><a/>', '<a>a & b</a>']);
add({ type: 'is-xml', value: 'order.item,order.id' }, ['<order><item>1</item><id>2</id></order>', '<order><item>1</item></order>', '<item/>', '<order><item/><item/><id/></order>']);
add({ type: 'is-xml', value: ['a.b.c'] }, ['<a><b><c>1</c></b></a>', '<a><b/><c/></a>']);
add({ type: 'is-xml', value: { requiredElements: ['a.b'] } }, ['<a><b>1</b></a>', '<a/>']);
add({ type: 'contains-xml' }, ['text <a>1</a> more', 'no xml', '1 < 2 and 3 > 2', '<a> not closed', 'x <br/> y', '<a><b></a>', '```xml\n<r><i/></r>\n```']);
add({ type: 'contains-xml', value: ['r.i'] }, ['so: <r><i>1</i></r>', 'so: <r/>', '<x/> and <r><i/></r>']);
add({ type: 'is-html' }, ['<p>Hi</p>', '<div><span>x</span></div>', 'text', 'text <b>x</b>', '', '<!DOCTYPE html><html><body>Hi</body></html>', '<foo>x</foo>', '<my-tag>x</my-tag>',
  '<?xml version="1.0"?><a/>', '<p>a</p> tail', '<br>', '<html>', '<p>open', '<li>1<li>2', '<!-- c -->', '  <p>x</p>  ']);
add({ type: 'contains-html' }, ['<p>Hi</p>', 'a <b>x</b> b', 'a < b and c > d', 'x &amp; y', '&amp; <foo>', '<!DOCTYPE html>', 'use <T> here', '<br/>', '<a href="x">', 'plain', '<!-- c --> &lt;', '<foo bar="1">']);

// sets
const set = (assert, more = {}) => ({ type: 'assert-set', assert, ...more });
for (const output of [capital, 'Paris', 'Lyon']) {
  for (const assertion of [
    set([{ type: 'contains', value: 'Paris' }, { type: 'contains', value: 'capital' }]),
    set([{ type: 'contains', value: 'Paris' }, { type: 'contains', value: 'capital' }], { threshold: 0.5 }),
    set([{ type: 'contains', value: 'Paris', weight: 3 }, { type: 'contains', value: 'capital' }], { threshold: 0.75 }),
    set([{ type: 'contains', value: 'Paris', weight: 3 }, { type: 'contains', value: 'capital' }], { threshold: 0.76 }),
    set([{ type: 'contains', value: 'Paris' }, { type: 'contains', value: 'capital', weight: 0 }]),
    set([{ type: 'not-contains', value: 'Lyon' }, { type: 'levenshtein', value: 'Paris' }, { type: 'gleu', value: 'Paris' }], { threshold: 0.9 }),
  ]) pairs.push({ assertion, output });
}

// what random pairs of these kinds found
add({ type: 'rouge-n', value: 'a b c d e', threshold: 0.2 }, ['a x y z w', 'x']);
add({ type: 'rouge-n', value: 'a b c', threshold: 0.2 }, ['a x y z w v u']);
add({ type: 'is-html' }, ['<br>&x;<div>x<body>', '<foo><html></html>', '</body><body>text', '<title>x</title><body>y', '<script>if (a < b) {}</script>']);
add({ type: 'is-refusal' }, ['would not be appropriate', 'Well, I cannot recommend it', "I don't recommend it"]);
add({ type: 'contains-xml' }, ['<a>1 < 2</a>', '<a>&x;</a>', '<b><!DOCTYPE html></b>']);
add({ type: 'contains-json' }, ['so {"b": {"x": "a}"}} ok', 'so [{"x": "}{"}] ok']);
add({ type: 'contains-json', value: { type: 'object' } }, ['so [1, {"a": 1}] ok', '[[{}]]', '[1]']);
add({ type: 'contains-json', value: { type: 'array' } }, ['so [1, 2] ok']);

// ask is what promptfoo says. It takes calls as the output that its provider
// gives, and a set only among the assertions of a test.
async function ask(pair) {
  const { assertion, toolCalls, legacy, cost, logProbs, finish, latencyMs, vars = {} } = pair;
  let output = pair.output;
  if (toolCalls?.length) output = legacy ? { function_call: toolCalls[0].function } : { tool_calls: toolCalls };
  const provider = {
    id: () => 'mock', config: { tools: pair.tools, functions: pair.tools?.map((t) => t.function) }, callApi: async () => ({ output: '' }),
  };
  if (legacy) {
    const { OpenAiChatCompletionProvider } = await openai();
    provider.validateFunctionToolCall = OpenAiChatCompletionProvider.prototype.validateFunctionToolCall;
  }
  const providerResponse = { output, cost, logProbs, finishReason: finish };
  try {
    const result = assertion.type === 'assert-set'
      ? await assertions.runAssertions({ test: { vars, assert: [assertion] }, provider, providerResponse, latencyMs })
      : await assertions.runAssertion({ assertion, test: { vars }, provider, providerResponse, latencyMs });
    return { pass: result.pass, score: result.score };
  } catch (error) {
    return { error: String(error.message).split('\n')[0] };
  }
}

let openaiModule;
async function openai() {
  if (!openaiModule) {
    const { readdirSync } = await import('node:fs');
    const folder = join(root, 'dist/src');
    for (const name of readdirSync(folder).filter((n) => /^chat-.*\.js$/.test(n))) {
      const text = readFileSync(join(folder, name), 'utf8');
      const alias = /OpenAiChatCompletionProvider as (\w+)/.exec(text)?.[1];
      if (alias && /validateFunctionToolCall/.test(text)) {
        const module = await import(pathToFileURL(join(folder, name)).href);
        openaiModule = { OpenAiChatCompletionProvider: module[alias] };
        break;
      }
    }
  }
  return openaiModule;
}

const answers = [];
for (const pair of pairs) answers.push({ ...pair, promptfoo: await ask(pair) });
log(`{"promptfoo":${JSON.stringify(version)},"pairs":[\n${answers.map((a) => JSON.stringify(a)).join(',\n')}\n]}`);
process.exit(0);
