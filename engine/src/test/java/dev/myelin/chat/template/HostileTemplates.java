package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Templates that would never end, or exhaust the heap or the stack. */
final class HostileTemplates {
  /** Operations on a value X that is nested too deeply, or contains itself. */
  private static final String USES =
      """
      {{ X }}
      {{ X | string }}
      {{ X | tojson }}
      {{ X | tojson(indent=2) }}
      {{ X == X }}
      {{ X == [X] }}
      {{ X < X }}
      {{ X in X }}
      {{ X | sum }}
      {{ X | join }}
      {{ X | unique | list }}
      {{ X | sort }}
      {{ X | length }}
      {{ '%s' % [X] }}
      {{ '{}'.format(X) }}
      {{ X | list | string }}
      {{ X ~ X }}
      {{ {(X, 1): 1} }}
      {{ X | map('string') | list }}
      {{ X | dictsort }}
      {{ X | items | list }}
      {% for a in X recursive %}{{ loop(a) }}{% endfor %}
      {{ X is eq X }}
      {{ [X, X] | max }}
      {{ X.count(X) }}
      {{ X.index(X) }}
      {{ X | pprint }}
      {{ X | xmlattr }}
      {{ X | urlencode }}
      {{ '%r' % (X,) }}
      {{ X | groupby(0) }}
      {{ X | batch(2) | list }}
      {{ X | reverse | list }}
      {{ dict(a=X) }}
      {{ raise_exception(X) }}
      """;

  /** Filters of a string {@code t} of five million characters. */
  private static final String FILTERS =
      """
      upper
      title
      capitalize
      trim
      replace('a', 'b' * 1000000)
      replace('', 'xx')
      indent(1000000000)
      indent('x' * 100000)
      wordwrap(1)
      wordwrap(1000000000)
      wordwrap(1, wrapstring='x' * 100000)
      center(1000000000)
      center(9223372036854775807)
      truncate(1)
      urlize
      escape
      e | e | e | e
      forceescape
      striptags
      urlencode
      tojson
      list
      list | sort
      list | unique
      list | join('b' * 100000)
      batch(1) | list
      batch(1000000000, 'x') | list
      slice(1000000000) | list
      slice(99999999, 'x') | list
      reverse
      wordcount
      list | batch(2, 'x') | list | string
      string * 2
      format(1)
      map('upper') | join
      map('center', 100000) | join
      select('in', t) | list
      groupby(0) | list
      int
      float
      list | map('replace', '', 'x' * 1000) | list
      pprint
      list | sum(start='')
      list | min
      dictsort
      indent(first=true, blank=true)
      """;

  /** Methods of {@code t}. */
  private static final String METHODS =
      """
      split('a')
      split()
      split(' ', 99999999)
      rsplit('b')
      splitlines()
      replace('a', 'b' * 1000000)
      replace('', t)
      join(t)
      join(t | list)
      center(1000000000)
      ljust(999999999999)
      rjust(1000000000)
      zfill(1000000000)
      expandtabs(1000000000)
      count('')
      find('b' * 100000)
      strip(t)
      lstrip(t)
      rstrip(t)
      partition('c')
      title()
      swapcase()
      casefold()
      translate({})
      format(t, t)
      startswith(t)
      encode()
      removeprefix(t)
      index(t * 2)
      """;

  /** Methods of {@code t} that are cheap to call once. */
  private static final String LOOPED =
      """
      find('b' * 100000)
      count('')
      strip(t)
      split('a')
      replace('a', 'b')
      lower()
      """;

  /** Filters of a list {@code m} of 99,999 numbers. */
  private static final String LISTED =
      """
      sort
      unique | list
      map('string') | join(',' * 100000)
      sum
      sort(attribute='a.b.c')
      batch(1) | list
      slice(99999) | list
      groupby('x') | list
      join
      tojson(indent=1000000)
      tojson(indent=' ' * 100000)
      tojson(separators=(',' * 100000, ':'))
      reverse | list
      select('divisibleby', 7) | list
      map('string') | unique | list
      map('center', 1000) | list
      list * 9999
      max
      reject('in', m) | list
      select('in', m) | list
      map('tojson') | join | list | sort
      map(attribute='a.b') | list
      string | wordwrap(1)
      """;

  /** Formats of a number. */
  private static final String PERCENT =
      """
      %1000000000d
      %.1000000000f
      %-999999999s
      %0999999999d
      %.999999999d
      %.999999999e
      %999999999999999999999d
      %.2147483648f
      %1000000000c
      %.1000000000g
      %1000000000%
      %(a
      %*d
      %.*f
      %
      """;

  /** Formats of {@code str.format}. */
  private static final String BRACES =
      """
      {:1000000000}
      {:.1000000000f}
      {:>9999999999999999999}
      {:01000000000d}
      {:.999999999e}
      {:,.999999999f}
      {:{}}
      {0.__class__}
      {0[0][0]}
      {:b}
      {
      }
      {!z}
      {99999999999}
      {:x<1000000000}
      {:.999999999%}
      {:#1000000000b}
      """;

  /** Complete templates. */
  private static final String OTHERS =
      """
      {{ 'a' * 10**9 }}
      {{ 'a' * 10**18 }}
      {{ 'a' * 10**30 }}
      {{ [1] * 10**9 }}
      {{ (1,) * 10**12 }}
      {{ 2 ** 10 ** 9 }}
      {{ 9 ** 9 ** 9 ** 9 }}
      {{ 10 ** 5000 }}
      {{ (10 ** 4000) ** 4000 }}
      {{ 2 ** -10 ** 9 }}
      {{ (2 ** 9999) | string }}
      {{ 1e308 * 10 }}
      {{ 7 % 10 ** 4000 }}
      {% set ns = namespace(n=3) %}{% for i in range(99999) %}{% set ns.n = ns.n * ns.n %}{% endfor %}{{ ns.n }}
      {% set ns = namespace(n=3) %}{% for i in range(99999) %}{% set ns.n = ns.n ** 2 // 3 %}{% endfor %}
      {{ range(10**9) | list }}
      {{ range(10**9) | sum }}
      {{ range(-10**18, 10**18) | length }}
      {{ 5 in range(10**18) }}
      {{ range(10**9)[::-1] }}
      {% for i in range(10**9) %}{% endfor %}
      {% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}
      {% for i in range(99999) %}{% for j in range(99999) %}text{% endfor %}{% endfor %}
      {% for i in range(99999) %}{{ range(99999) | sum }}{% endfor %}
      {% for i in range(99999) %}{% for c in s * 99999 %}{% break %}{% endfor %}{% endfor %}
      {% for a in range(99999) if range(99999) | sum %}{% endfor %}
      {% macro m() %}{{ m() }}{% endmacro %}{{ m() }}
      {% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}
      {% macro m(x=m()) %}{% endmacro %}{{ m() }}
      {% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}
      {% macro m(n) %}{% call m(n) %}{{ caller() }}{% endcall %}{% endmacro %}{{ m(1) }}
      {% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ m() }}{% endcall %}
      {% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}
      {% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}
      {% for x in [1] recursive %}{{ loop([1, 2]) }}{% endfor %}
      {% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}
      {% set d = {} %}{% for x in range(99999) %}{% set _ = d.update({x: 'x' * 99999}) %}{% endfor %}
      {% set l = [1, 2] %}{% for x in range(40) %}{% set _ = l.extend(l) %}{% endfor %}
      {% set l = [] %}{% for x in range(9999) %}{% set _ = l.insert(0, x) %}{% endfor %}
      {% set l = range(9999) | list %}{% for x in range(9999) %}{% set _ = l.index(9998) %}{% endfor %}
      {% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}
      {% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = '%s%s' % (ns.s, ns.s) %}{% endfor %}
      {% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s | replace('x', 'xx') %}{% endfor %}
      {% set ns = namespace(s='<') %}{% for i in range(99) %}{% set ns.s = ns.s | forceescape %}{% endfor %}
      {% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s | urlencode ~ '%' ~ ns.s %}{% endfor %}
      {% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] | tojson %}{% endfor %}
      {% set ns = namespace(s='"') %}{% for i in range(99) %}{% set ns.s = ns.s | tojson %}{% endfor %}
      {% set ns = namespace(s='a\\n') %}{% for i in range(99) %}{% set ns.s = ns.s | indent(999, true) %}{% endfor %}
      {% set ns = namespace(s='x') %}{% for i in range(99999) %}{% set ns.s = ns.s ~ 'x' %}{% endfor %}{{ ns.s | length }}
      {% for i in range(99999) %}{% set x = 'a' * 99999 %}{% endfor %}
      {% for i in range(99999) %}{{ 'a' * 99999 }}{% endfor %}
      {% set x = 'a' * 999999 %}{% for i in range(99999) %}{% if x == x ~ 'b' %}{% endif %}{% endfor %}
      {% set x = 'a' * 999999 %}{% for i in range(99999) %}{% if 'b' in x %}{% endif %}{% endfor %}
      {% set x = 'a' * 999999 %}{% for i in range(99999) %}{% set y = x[::-1] %}{% endfor %}
      {% set x = 'a' * 999999 %}{% for i in range(99999) %}{% set y = x | length %}{% endfor %}
      {% set x = 'a' * 999999 %}{% for i in range(99999) %}{% set y = x | int %}{% endfor %}
      {% set x = 'a' * 99999 ~ 'b' %}{{ (x * 9).find(x ~ 'c') }}
      {% set x = ('a' * 9999) | list %}{% for i in range(9999) %}{% if x == x %}{% endif %}{% endfor %}
      {{ '9' * 1000000 | int }}
      {{ ('9' * 1000000) | int }}
      {{ ('9' * 1000000) | float }}
      {{ ('1' * 4000) | int ** 99 }}
      {{ lipsum(10**9) }}
      {{ cycler(*range(99999)).next() }}
      {{ namespace(**{'a': 1}).a }}
      {{ strftime_now('%Y' * 999999) }}
      {{ strftime_now('%') }}
      {{ strftime_now('%999999999Y') }}
      {{ range(1, 10, 0) }}
      {{ s[::0] }}
      {{ s[10**30:] }}
      {{ l[10**30] }}
      {{ 1 / 0 }}
      {{ 1 // 0.0 }}
      {{ 5 % 0 }}
      {{ -(-9223372036854775807 - 1) }}
      {{ (-9223372036854775807 - 1) // -1 }}
      {{ 9223372036854775807 + 1 }}
      {{ s | round(10**9) }}
      {{ f | round(999999999) }}
      {{ f | round(-999999999) }}
      {{ 1e400 | int }}
      {{ (1e400 - 1e400) | int }}
      {{ '\\ud800' | urlencode }}
      {{ '\\U00110000' }}
      {{ '\\x' }}
      {{ '\\N{LATIN}' }}
      {{ "
      {% raw %}
      {#
      {{
      {%
      {% if
      {% for
      {% set x
      {% endfor %}
      {% else %}
      {%+
      {%-
      {{ 1 }
      {% %}
      {{ }}
      {% if %}{% endif %}
      """;

  /** Deep nesting: prefix, opening, middle, closing and suffix, separated by ¦. */
  private static final String NESTED =
      """
      {{ ¦(¦1¦)¦ }}
      {{ ¦[¦¦]¦ }}
      {{ ¦{1: ¦1¦}¦ }}
      {{ ¦-¦1¦¦ }}
      {{ ¦not ¦1¦¦ }}
      {{ 1¦ + 1¦¦¦ }}
      {{ 2¦ ** 1¦¦¦ }}
      {{ 1¦ if 1 else 1¦¦¦ }}
      {{ s¦.a¦¦¦ }}
      {{ s¦[0]¦¦¦ }}
      {{ s¦|upper¦¦¦ }}
      {{ s¦ ~ s¦¦¦ }}
      {{ 1¦ is odd¦¦¦ }}
      {{ 1¦ < 1¦¦¦ }}
      {{ 1¦ and 1¦¦¦ }}
      {{ s¦()¦¦¦ }}
      {{ s¦|default(s¦¦)¦ }}
      ¦{% if 1 %}¦¦{% endif %}¦
      ¦{% for a in l %}¦¦{% endfor %}¦
      ¦{% set x %}¦¦{% endset %}¦
      ¦{% filter upper %}¦¦{% endfilter %}¦
      ¦{% with %}¦¦{% endwith %}¦
      ¦{% macro m() %}¦¦{% endmacro %}¦
      {% if 0 %}¦{% elif 0 %}¦¦¦{% endif %}
      ¦{% raw %}¦¦{% endraw %}¦
      ¦{#¦¦#}¦
      ¦{{ 1 }}¦¦¦
      {{ '¦\\x41¦¦¦' }}
      {{ ¦'a' ¦¦¦ }}
      {{ s[¦:¦¦¦] }}
      {% set ¦a, ¦b¦¦ = 1 %}
      {% set x = ¦1, ¦1¦¦ %}
      {{ f(¦a=1, ¦¦¦) }}
      ¦{%- ¦¦-%}¦
      {% macro m(¦a, ¦b¦¦) %}{% endmacro %}
      {{ ¦{{ ¦¦¦
      ¦{¦¦}¦
      {% call ¦m(¦¦)¦ %}{% endcall %}
      """;

  private static final String SHARED =
      "{% set ns = namespace(x=START) %}{% for i in range(60) %}{% set ns.x = PAIR %}{% endfor %}{%"
          + " set v = ns.x %}";

  private HostileTemplates() {}

  static List<String> all() {
    List<String> all = new ArrayList<>();
    for (String use : USES.lines().toList()) {
      String value = use.replace("X", "v");
      all.add(SHARED.replace("START", "['x']").replace("PAIR", "[ns.x, ns.x]") + value);
      all.add(SHARED.replace("START", "{}").replace("PAIR", "{'a': ns.x, 'b': ns.x}") + value);
      all.add("{% set v = [1] %}{% set _ = v.append(v) %}" + value);
      all.add("{% set v = {} %}{% set _ = v.update(a=v) %}" + value);
    }
    String large = "{% set t = 'ab c\\n' * 1000000 %}";
    FILTERS.lines().forEach(filter -> all.add(large + "{{ t | " + filter + " }}"));
    METHODS.lines().forEach(method -> all.add(large + "{{ t." + method + " }}"));
    String loop = "{% for i in range(99999) %}{% set x = t.";
    LOOPED.lines().forEach(method -> all.add(large + loop + method + " %}{% endfor %}"));
    String many = "{% set m = range(99999) | list %}";
    LISTED.lines().forEach(filter -> all.add(many + "{{ m | " + filter + " }}"));
    for (String format : PERCENT.lines().toList()) {
      all.add("{{ '" + format + "' % 1.5 }}");
      all.add("{{ '" + format + "' % (1000000000, 1000000000) }}");
      all.add("{{ '" + format + "' | format(65) }}");
    }
    for (String format : BRACES.lines().toList()) {
      all.add("{{ '" + format + "'.format(15, 1000000000) }}");
      all.add("{{ '" + format + "'.format(1e308) }}");
      all.add("{{ '" + format + "'.format('s') }}");
    }
    for (String line : NESTED.lines().toList()) {
      String[] part = line.split("¦", -1);
      for (int depth : new int[] {90, 900, 9_000, 90_000}) {
        all.add(part[0] + part[1].repeat(depth) + part[2] + part[3].repeat(depth) + part[4]);
      }
    }
    OTHERS.lines().forEach(all::add);
    all.addAll(List.of("\0", "{{ '\0' }}", " ".repeat((1 << 20) + 1)));
    return all;
  }
}
