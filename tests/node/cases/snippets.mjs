// SPDX-License-Identifier: MIT
// Small templates, one construct each: [name, template, context, note].
const data = {
  n: 7, f: 2.5, neg: -3, s: "  Hello World ", name: "ada", empty: "", yes: true, no: false, nothing: null,
  list: [3, 1, 2], words: ["pear", "Apple", "fig", "apple"], nested: [[1, 2], [3, [4, 5]]],
  map: { b: 1, a: "x", c: [true, null] }, uni: "Grüße 世界 👋🏽 ça", quote: "it's \"so\"\n\ttab\\",
  people: [
    { name: "Bo", age: 41, tags: ["x"], home: { city: "Oslo" } },
    { name: "al", age: 30, tags: [], home: { city: "Rom" } },
    { name: "Cy", age: 41, home: null },
  ],
};
const expressions = `
(1 + 2) * 3
7 / 2
8 / 2
7 // 2
-7 // 2
-7 % 3
7 % -3
2 ** 10
2 ** 3 ** 2
2 ** -1
7.5 // 2
-7.5 % 2
10 - 3 - 2
1.0
1e20
1e16
123456789012345680.0
1e-5
0.0001
1.5e300 * 1e10
100000000000000000000 + 1
2 ** 100
1_000
-n
+n
- -3
-n|abs
(-n)|abs
n + f
n * 'ab'
'ab' * 3
'ab' * -1
[1, 2] * 2
[1] + [2, 3]
(1, 2) + (3,)
'a' + 'b' 'c'
'a' ~ 1 ~ true ~ none ~ 2.0
1 ~ 2 + 3
n == 7 and f < 3
n == 7 or boom.x
no and boom.x
not yes
not n == 7
not not empty
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2 != 1
1 == 1.0
true == 1
1 == '1'
none == none
'a' < 'b'
'B' < 'a'
'\\uffee' < '👋'
[1, 2] < [1, 3]
[1] == [1]
(1,) == [1]
{'a': 1} == {'a': 1.0}
undefined_thing == other_undefined
'x' in map
'a' in map
'a' not in map
2 in list
'ell' in s
'' in s
5 in [1, 2] or 1 in (1, 2)
none in [none]
'a' in undefined_thing
yes if n > 3 else no
'big' if n > 30 else 'small'
'big' if n > 30
'a' if no else 'b' if no else 'c'
none
true
True
None
false
[1, 'two', none, true, 2.5, 'it\\'s']
{'a': 1, 'b': [1, {'c': none}]}
(1,)
()
[]
{}
1, 2
"double \\"quoted\\" \\\\ \\x41 \\u00e9 \\101 \\q"
'line\\nbreak\\ttab'
quote
[quote]
[uni]
['\\x00\\x7f\\x80\\xad\\u200b\\u2028']
map
people[0]
list[0]
list[-1]
list[5]
list[-5]
list['x']
list[yes]
map['a']
map.a
map['zz']
map.zz
map.items
map['items']
people[0].home.city
people[0]['home']['city']
people[2].home.city
people.0.name
s[0]
s[2:5]
s[-3:]
s[:-1]
s[::2]
s[::-1]
uni[6:8]
uni[9]
uni[::-1]
uni|length
list[1:]
list[:2]
list[::-1]
list[5:]
list[-2:]
list[none:1]
list[1:1]
range(5)[1:3]|list
range(3)|list
range(2, 8, 3)|list
range(3, 0, -1)|list
range(0)|list
nothing.foo
undefined_thing
undefined_thing.foo
undefined_thing['foo']
undefined_thing()
nothing()
n()
s()
s.strip()
s.lstrip()
s.rstrip()
'xxhixx'.strip('x')
'abcba'.lstrip('ab')
'abcba'.rstrip('ab')
'👋hi👋'.strip('👋')
s.upper()
s.lower()
uni.upper()
'hello wORLD it\\'s'.title()
'hello wORLD it\\'s a-b (c'|title
'hELLO wORLD'.capitalize()
'hELLO wORLD'|capitalize
'aBc'.swapcase()
s.startswith('  H')
name.startswith(('b', 'a'))
name.endswith('da')
name.endswith('')
name.removeprefix('a')
name.removesuffix('x')
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,c'.rsplit(',', 1)
' a  b c '.split()
' a  b c '.split(none, 1)
'abc'.split('')
'<think>x</think>y'.split('</think>')[-1]
'a\\nb\\r\\nc'.splitlines()
'a\\nb'.splitlines(true)
'a=b=c'.partition('=')
'a=b=c'.rpartition('=')
'abc'.partition('=')
'banana'.replace('a', 'o')
'banana'.replace('a', 'o', 2)
'abc'.replace('', '-')
', '.join(words)
', '.join(list)
'banana'.find('n')
'banana'.find('x')
'banana'.rfind('n')
'banana'.index('n')
'banana'.index('x')
'👋a'.find('a')
'banana'.count('an')
'123'.isdigit()
'12a'.isdigit()
'abc'.isalpha()
''.isalpha()
'a1'.isalnum()
'  '.isspace()
'ABC'.isupper()
'abc'.islower()
map.keys()|list
map.values()|list
map.items()|list
map.get('a')
map.get('zz')
map.get('zz', 'none of it')
list.index(1)
list.count(1)
list.append(4)
map.update({'z': 1})
map.pop('a')
s|trim
s|trim('  Hd')
'  x '|trim|upper|lower
list|length
map|length
nothing|length
n|length
undefined_thing|length
words|count
nothing|default('d')
nothing|default('d', true)
undefined_thing|default('d')
undefined_thing|d
empty|default('d')
empty|default('d', boolean=true)
undefined_thing.x|default('d')
list|join
list|join('-')
words|join(', ')
people|join(', ', attribute='name')
[1, none, true]|join(',')
list|first
list|last
''|first
[]|last
map|first
map|list
'abc'|list
'añ👋'|list
n|string + '!'
none|string
list|string
'7'|int
' 42 '|int
'4.9'|int
'x'|int
'x'|int(5)
4.9|int
-4.9|int
true|int
none|int
'2.5'|float
'x'|float
'x'|float(1.5)
3|float
3.7|round
2.5|round
3.14159|round(2)
3.2|round(method='ceil')
3.8|round(0, 'floor')
-5|abs
-2.5|abs
'a-b-c'|replace('-', '+')
'a-b-c'|replace('-', '+', 1)
123|replace(2, 'x')
list|sort
list|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
people|sort(attribute='age')|map(attribute='name')|join(',')
list|reverse|list
'añ👋'|reverse
words|unique|list
words|unique(true)|list
list|sum
people|sum(attribute='age')
list|max
list|min
words|max
[]|max
map|dictsort
map|dictsort(reverse=true)
map|items|list
undefined_thing|items|list
n|items|list
people|map(attribute='name')|list
people|map(attribute='home.city')|list
people|map(attribute='tags', default='none')|list
people|map(attribute='tags.0')|list
words|map('upper')|list
words|map('replace', 'p', 'b')|list
words|map('length')|sum
words|map('nosuchfilter')|list
people|selectattr('age', 'equalto', 41)|map(attribute='name')|list
people|selectattr('age', '==', 41)|list|length
people|selectattr('age', 'gt', 35)|list|length
people|selectattr('tags')|map(attribute='name')|list
people|selectattr('tags', 'defined')|list|length
people|rejectattr('age', 'equalto', 41)|map(attribute='name')|list
people|rejectattr('home', 'none')|list|length
list|select('odd')|list
nothing|select('odd')|list
nothing|map('upper')|list
nothing|selectattr('a')|list
n|select|list
nothing|list
nothing|join
nothing|first
list|reject('odd')|list
list|select('in', [1, 3])|list
list|select('gt', 1)|list
[0, 1, '', 'a', none]|select|list
[0, 1, '', 'a', none]|reject|list
words|reject('equalto', 'fig')|join(', ')
people|selectattr('age', 'gt', 100)
'yes' if people|selectattr('age', 'gt', 100) else 'no'
people|selectattr('age', 'gt', 100)|length
'a\\nb\\n\\nc'|indent
'a\\nb\\n\\nc'|indent(2, true)
'a\\nb\\n\\nc'|indent(width=2, blank=true)
'a\\nb'|indent('> ')
map|tojson
map|tojson(indent=2)
{}|tojson(indent=2)
{'a': [], 'b': {}}|tojson(indent=4)
people|tojson
uni|tojson
uni|tojson(ensure_ascii=true)
quote|tojson
'</script>&<>'|tojson
'\\x00\\x1f\\x7f\\u2028'|tojson
1.0|tojson
1e100|tojson
none|tojson
(1, 2)|tojson
map|tojson(sort_keys=true)
map|tojson(separators=(',', ':'))
undefined_thing|tojson
range|tojson
'<b>'|safe
n is defined
undefined_thing is defined
map.zz is defined
undefined_thing is undefined
nothing is none
nothing is not none
undefined_thing is none
s is string
n is string
map is mapping
list is mapping
list is iterable
s is iterable
map is iterable
n is iterable
list is sequence
s is sequence
map is sequence
n is number
f is number
yes is number
yes is boolean
n is boolean
n is integer
yes is integer
f is float
yes is true
1 is true
no is false
none is false
n is odd
n is even
8 is divisibleby(4)
8 is divisibleby 3
n is eq 7
n is equalto(7)
n is ne 8
n is lt 8 and n is gt 6
n is le 7
n is ge 8
'abc' is lower
'ABC' is upper
2 is in list
'a' is in 'abc'
none is sameas none
range is callable
n is callable
n is nosuchtest
n|nosuchfilter
n.nosuchmember
n.nosuchmember.deeper
nosuchfunction(1)
s.nosuchmethod()
n is not defined
not n is defined
n is defined and s is defined
n|string|length
namespace(a=1).a
namespace({'b': 2}, c=3).b
dict(a=1, b='x')
dict({'a': 1}, b=2)|tojson
raise_exception('refused: ' ~ n)
'%d' % n
1 + 'a'
'a' + 1
'a' + none
none + 1
'a' + undefined_thing
undefined_thing + 'a'
undefined_thing ~ 'a'
[1] + 'a'
{} + {}
1 / 0
1 // 0
1 % 0
1 < 'a'
none < 1
[1] < (2,)
-'a'
1 in 5
1 in 'abc'
1 in none
{'a': 1}['a']
{'a': {'b': [1, 2, 3]}}.a.b[-1]
[[1, 2], [3]][0][1]
'abc'[1]
'abc'[7]
'abc'.upper().lower()[0]
(n if yes else f) + 1
[n if yes else f, 1]
{'k' ~ 1: n}
'a' 'b' "c"
("a" ~ "b")
strftime_now('%Y-%m-%d')
strftime_now('%d %b %Y')
strftime_now('%A, %B %d, %Y %H:%M:%S %p %j %%')
'ß'.upper()
'İ'.lower()
'ΑΣ'.lower()
1 if yes
loop
self_name
`.trim().split("\n");

const statements = {
  "plain text": "just text",
  "trailing newline dropped": "a\n",
  "two trailing newlines": "a\n\n",
  "carriage returns": "a\r\nb\rc\r\n",
  "empty template": "",
  "print in text": "Hi {{ name }}!",
  "comment": "a{# a {{ comment }} #}b",
  "comment on its own line": "a\n  {# note #}\nb",
  "comment dashes": "a  {#- note -#}  b",
  "dash left": "a \n {{- name }} b",
  "dash right": "a {{ name -}} \n b",
  "dash both blocks": "a \n {%- if yes -%} \n b \n {%- endif -%} \n c",
  "trim blocks": "{% if yes %}\nx\n{% endif %}\ny",
  "trim blocks only one newline": "{% if yes %}\n\nx\n{% endif %}",
  "trim blocks after spaces": "{% if yes %}  \nx{% endif %}",
  "lstrip blocks": "a\n   {% if yes %}\nb\n\t{% endif %}\nc",
  "lstrip not after text": "a  {% if yes %}b{% endif %}",
  "lstrip not for output": "a\n   {{ name }}",
  "lstrip at start": "   {% if yes %}x{% endif %}",
  "lstrip after output": "{{ name }}  {% if yes %}x{% endif %}",
  "lstrip second block on a line": "{% if yes %}  {% if yes %}x{% endif %}{% endif %}",
  "lstrip after trimmed newline": "{% if yes %}\n  {% if yes %}x{% endif %}{% endif %}",
  "plus keeps": "a\n  {%+ if yes %}b{% endif %}",
  "plus keeps newline": "{% if yes +%}\nb{% endif %}",
  "nested braces": "{{ {'a': {'b': 1}} }}",
  "nested braces tight": "{{{'a': {'b': 1}}}}",
  "braces in string": "{{ '}}' ~ '%}' }}",
  "percent in string in block": "{% if name == '%}' %}x{% else %}y{% endif %}",
  "raw": "{% raw %}{{ not }} {% this %}{% endraw %}!",
  "raw dashes": "a {%- raw -%}  {{ x }}  {%- endraw -%} b",
  "raw on lines": "a\n  {% raw %}\n {{ x }}\n  {% endraw %}\nb",
  "elif chain": "{% if no %}1{% elif n == 8 %}2{% elif n == 7 %}3{% else %}4{% endif %}",
  "else": "{% if no %}1{% else %}2{% endif %}",
  "if undefined": "{% if undefined_thing %}1{% else %}2{% endif %}",
  "if tuple": "{% if no, %}1{% endif %}",
  "for": "{% for x in list %}{{ x }},{% endfor %}",
  "for loop fields": "{% for x in words %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}",
  "for neighbours": "{% for x in words %}{{ loop.previtem }}<{{ x }}<{{ loop.nextitem }};{% endfor %}",
  "for neighbour defined": "{% for x in words %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }};{% endfor %}",
  "for cycle": "{% for x in words %}{{ loop.cycle('a', 'b') }}{% endfor %}",
  "for changed": "{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{% endfor %}",
  "for depth": "{% for x in [1, 2] %}{% for y in [1] %}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}{{ loop.depth }}{% endfor %}",
  "for unpack": "{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}",
  "for unpack items filter": "{% for k, v in map|items %}{{ k }}={{ v }};{% endfor %}",
  "for unpack parentheses": "{% for (k, v) in map.items() %}{{ k }};{% endfor %}",
  "for unpack wrong": "{% for a, b in list %}{{ a }}{% endfor %}",
  "for unpack wrong length": "{% for a, b, c in map.items() %}{{ a }}{% endfor %}",
  "for map keys": "{% for k in map %}{{ k }}{% endfor %}",
  "for string": "{% for c in 'añ👋' %}[{{ c }}]{% endfor %}",
  "for else": "{% for x in [] %}{{ x }}{% else %}none{% endfor %}",
  "for else not": "{% for x in [1] %}{{ x }}{% else %}none{% endfor %}",
  "for undefined": "{% for x in undefined_thing %}{{ x }}{% else %}none{% endfor %}",
  "for none": "{% for x in nothing %}{{ x }}{% endfor %}",
  "for number": "{% for x in n %}{{ x }}{% endfor %}",
  "for if": "{% for x in list if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }};{% endfor %}",
  "for if none left": "{% for x in list if x > 9 %}{{ x }}{% else %}none{% endfor %}",
  "for range": "{% for i in range(3) %}{{ i }}{% endfor %}",
  "for ternary": "{% for x in (list if yes else words) %}{{ x }}{% endfor %}",
  "for tuple": "{% for x in 1, 2, 3 %}{{ x }}{% endfor %}",
  "for generator": "{% for x in list|select('odd') %}{{ x }}{{ loop.last }};{% endfor %}",
  "generator used up": "{% set g = list|select('odd') %}{{ g|list }}{{ g|list }}",
  "for shadows": "{% set x = 9 %}{% for x in list %}{{ x }}{% endfor %}{{ x }}",
  "break": "{% for x in list %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}.",
  "continue": "{% for x in list %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}.",
  "break outside": "{% break %}",
  "break inner only": "{% for x in [1, 2] %}{% for y in [1, 2] %}{% break %}{% endfor %}{{ x }}{% endfor %}",
  "nested loops": "{% for r in nested %}{% for c in r %}{{ c }}{{ loop.last }} {% endfor %}{{ loop.index }};{% endfor %}",
  "recursive loop": "{% for x in nested recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}",
  "set": "{% set x = 1 %}{{ x }}{% set x = x + 1 %}{{ x }}",
  "set tuple": "{% set a, b = 1, 'z' %}{{ a }}{{ b }}",
  "set in if": "{% if yes %}{% set x = 1 %}{% endif %}{{ x }}",
  "set in for": "{% set x = 0 %}{% for i in list %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}",
  "set in for not seen": "{% for i in list %}{% set y = i %}{% endfor %}{{ y is defined }}",
  "set block": "{% set x %}Hi {{ name }}{% endset %}[{{ x }}]",
  "set block filter": "{% set x | upper %}Hi {{ name }}{% endset %}{{ x }}",
  "set block is a string": "{% set x %}{% endset %}{{ x is string }}{{ x|length }}",
  "set member of a mapping": "{% set map.z = 1 %}{{ map.z }}",
  "set true": "{% set true = 1 %}",
  "namespace": "{% set ns = namespace(total=0, found=false) %}{% for x in list %}{% set ns.total = ns.total + x %}{% endfor %}{{ ns.total }}{{ ns.found }}",
  "namespace new member": "{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns.b is defined }}",
  "namespace in brackets": "{% set ns = namespace(a=1) %}{{ ns['a'] }}",
  "macro": "{% macro greet(who, how='Hi') %}{{ how }} {{ who }}!{% endmacro %}{{ greet('Bo') }}{{ greet(who='Al', how='Yo') }}",
  "macro missing": "{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m() }}",
  "macro too many": "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
  "macro spread": "{% macro m(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(*list) }}{{ m(1, *[2], **{'c': 3}) }}",
  "macro spread too many": "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(*list) }}",
  "macro sees outer": "{% set x = 1 %}{% macro m() %}{{ x }}{{ name }}{% endmacro %}{{ m() }}",
  "macro default sees parameter": "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
  "macro result": "{% macro m() %} x {% endmacro %}{{ m()|trim|upper }}{{ m() is string }}",
  "macro recursion": "{% macro show(x) %}{% if x is string or x is number %}{{ x }}{% else %}[{% for y in x %}{{ show(y) }}{% endfor %}]{% endif %}{% endmacro %}{{ show(nested) }}",
  "macro in loop": "{% macro m(i) %}{{ i }};{% endmacro %}{% for i in list %}{{ m(i) }}{% endfor %}",
  "macro loop variable": "{% macro m() %}{{ loop is defined }}{% endmacro %}{% for i in [1] %}{{ m() }}{% endfor %}",
  "call block": "{% macro box(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call box('b') %}in {{ name }}{% endcall %}",
  "call block arguments": "{% macro each(l) %}{% for x in l %}{{ caller(x) }}{% endfor %}{% endmacro %}{% call(x) each(list) %}({{ x }}){% endcall %}",
  "filter block": "{% filter upper %}hi {{ name }}{% endfilter %}",
  "filter block two": "{% filter trim|upper %}  hi {{ name }}  {% endfilter %}.",
  "with": "{% with a = 1, b = name %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
  "generation": "{% for m in words %}{% generation %}{{ m }};{% endgeneration %}{% endfor %}",
  "generation scope": "{% generation %}{% set q = 1 %}{{ q }}{% endgeneration %}{{ q is defined }}",
  "include": "{% include 'x' %}",
  "import": "{% import 'x' as y %}",
  "do": "{% do list.append(1) %}",
  "unknown statement": "{% frobnicate %}",
  "unclosed if": "{% if yes %}x",
  "unclosed for": "{% for x in list %}x",
  "unclosed output": "a {{ name",
  "unclosed block": "a {% if yes",
  "unclosed comment": "a {# x",
  "unclosed raw": "{% raw %}x",
  "unclosed string": "{{ 'abc }}",
  "unclosed bracket": "{{ (1 + 2 }}",
  "stray end": "{% endif %}",
  "wrong end": "{% if yes %}{% endfor %}",
  "else twice": "{% if yes %}{% else %}{% else %}{% endif %}",
  "empty output": "{{ }}",
  "empty block": "{% %}",
  "operator missing operand": "{{ 1 + }}",
  "two values": "{{ 1 2 }}",
  "bad character": "{{ a ? b }}",
  "lone equals": "{{ a = 1 }}",
  "for without in": "{% for x %}{% endfor %}",
  "if without condition": "{% if %}{% endif %}",
  "set without name": "{% set = 1 %}",
  "stray bracket": "{{ 1 ) }}",
  "positional after named": "{{ dict(a=1, 2) }}",
  "strings over lines": "{{ 'a\nb' }}",
  "escape in block": "{% if name == 'a\\x64a' %}yes{% endif %}",
  "line continuation in string": "{{ 'a\\\nb' }}",
  "braces alone": "{ {% if yes %}{{% endif %} }",
  "single braces": "{name} } { %}",
  "dollar and hash": "${x} #{y}",
  "unicode text": "世界 {{ uni }} 👋",
};

export const contexts = { data };

export const cases = [
  ...[...new Set(expressions)].map((expression) => [expression, `{{ ${expression} }}`, "data"]),
  ...Object.entries(statements).map(([name, template]) => [name, template, "data"]),
];
