package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every template renders or throws a {@link TemplateException}, with bounded work and memory.
 * {@code -Dmyelin.fuzz.templates=1000000} tests more than the default number.
 */
class TemplateFuzzTest {
  private static final int COUNT = Integer.getInteger("myelin.fuzz.templates", 10_000);
  private static final ZonedDateTime NOW =
      ZonedDateTime.of(2024, 7, 26, 13, 5, 9, 0, ZoneOffset.UTC);

  // Far above what the budget allows on a slow machine. Per thread, so other threads do not count.
  private static final long MAX_NANOSECONDS = 5_000_000_000L;
  private static final long MAX_BYTES = 3L << 30;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final Map<String, Object> VARIABLES =
      Map.of(
          "s",
          "Hello World",
          "u",
          "naïve 🙂 ΑΣ",
          "n",
          7,
          "f",
          2.5,
          "l",
          List.of(3, 1, 2),
          "d",
          Map.of("k", "v", "n", 1),
          "messages",
          List.of(
              Map.of("role", "user", "content", "Hi"),
              Map.of("role", "assistant", "content", "Hello <|im_end|>")));

  /** Renders; returns the text or the error. */
  private static String renderBounded(String template) {
    long cpu = THREADS.getCurrentThreadCpuTime();
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    String outcome;
    try {
      outcome = Template.parse(template).render(VARIABLES, NOW).text();
    } catch (TemplateException e) {
      outcome = e.line() + ":" + e.column() + ": " + e.getMessage();
      assertThat(e.getMessage()).as(abbreviate(template)).isNotBlank();
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        assertThat(cause).as(abbreviate(template)).isNotInstanceOf(OutOfMemoryError.class);
      }
    } catch (Throwable e) {
      throw new AssertionError(abbreviate(template), e);
    }
    assertThat(THREADS.getCurrentThreadCpuTime() - cpu)
        .as(() -> "nanoseconds of " + abbreviate(template))
        .isLessThan(MAX_NANOSECONDS);
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - bytes)
        .as(() -> "bytes of " + abbreviate(template))
        .isLessThan(MAX_BYTES);
    return outcome;
  }

  private static String abbreviate(String template) {
    return template.length() <= 2000 ? template : template.substring(0, 2000) + "...";
  }

  @Test
  void hostileTemplatesEnd() {
    for (String template : HostileTemplates.all()) {
      renderBounded(template);
    }
  }

  /** The templates of the Jinja2 reference tests. */
  private static List<String> seeds() throws IOException {
    List<String> seeds = new ArrayList<>();
    for (String name : List.of("expressions.txt", "templates.txt")) {
      try (InputStream in = TemplateFuzzTest.class.getResourceAsStream(name)) {
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        for (String line : text.split("\n")) {
          int arrow = line.indexOf(" => ");
          if (!line.startsWith("# ") && arrow > 0) {
            String plain = line.substring(0, arrow).replace('⏎', '\n').replace('⇥', '\t');
            seeds.add(name.startsWith("e") ? "{{ " + plain + " }}" : plain);
          }
        }
      }
    }
    assertThat(seeds).hasSizeGreaterThan(200);
    return seeds;
  }

  static Stream<Integer> parts() {
    return IntStream.range(0, 4).boxed();
  }

  @ParameterizedTest
  @MethodSource("parts")
  void mutatedTemplatesRenderOrFail(int part) throws IOException {
    List<String> seeds = seeds();
    SplittableRandom random = new SplittableRandom(part);
    int rendered = 0;
    for (int i = 0; i < COUNT / 4; i++) {
      StringBuilder template = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        mutate(template, seeds, random);
      }
      if (template.length() < 5_000 && !renderBounded(template.toString()).isEmpty()) {
        rendered++;
      }
    }
    assertThat(rendered).isGreaterThan(COUNT / 40);
  }

  private static final List<String> PIECES = pieces();

  private static List<String> pieces() {
    String lines =
        """
        {{
        }}
        {%
        %}
        {#
        #}
        -
        (
        )
        [
        ]
        {
        }
        |
        .
        ,
        :
        =
        '
        "
        \\
        0
        1
        -1
        99999999999999999999
        1e999
        10**18
        s
        u
        n
        f
        l
        d
        messages
        x
        none
        true
        loop
        range(9)
        namespace(a=1)
        \sif\s
        \selse\s
        \sin\s
        \snot\s
        \sis\s
        \sand\s
        \s~\s
        \s*\s
        \s**\s
        \s//\s
        \s%\s
        \s==\s
        \s<\s
        '%s'
        '{}'
        'a' * 9999
        |join
        |list
        |tojson
        |string
        |upper
        |replace('a','bb')
        |map('string')
        |sort
        |batch(3)
        |slice(3)
        |dictsort
        |groupby(0)
        |indent
        |int
        |float
        |default(l)
        |length
        |first
        |last
        |sum
        |unique
        |reverse
        .items()
        .append(l)
        .update(d)
        .split()
        .format(l)
        [::-1]
        [1:]
        {% for x in l %}
        {% for x in l recursive %}
        {{ loop(x) }}
        {% endfor %}
        {% if x %}
        {% elif 1 %}
        {% else %}
        {% endif %}
        {% set x = l %}
        {% set x %}
        {% endset %}
        {% macro m(a, b=1) %}
        {% endmacro %}
        {{ m(x) }}
        {% call m(1) %}
        {{ caller() }}
        {% endcall %}
        {% filter upper %}
        {% endfilter %}
        {% with x = 1 %}
        {% endwith %}
        {% raw %}
        {% endraw %}
        {% break %}
        {% continue %}
        {% generation %}
        {% endgeneration %}
        {% block b %}
        {% endblock %}
        🙂
        é
        """;
    List<String> pieces = new ArrayList<>(lines.lines().toList());
    pieces.addAll(List.of("\n", " ", "\ud800", "\0"));
    return pieces;
  }

  private static void mutate(StringBuilder text, List<String> seeds, SplittableRandom random) {
    int at = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), at + random.nextInt(1, 12));
    switch (random.nextInt(7)) {
      case 0 -> text.delete(at, to);
      case 1 -> text.insert(at, text.substring(at, to));
      case 2 -> text.insert(at, seeds.get(random.nextInt(seeds.size())));
      case 3 -> text.setLength(at);
      case 4 -> text.replace(at, to, PIECES.get(random.nextInt(PIECES.size())));
      default -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
    }
  }

  /** Random sequences of pieces. */
  @ParameterizedTest
  @MethodSource("parts")
  void randomTemplatesRenderOrFail(int part) {
    SplittableRandom random = new SplittableRandom(100 + part);
    int rendered = 0;
    for (int i = 0; i < COUNT / 4; i++) {
      StringBuilder template = new StringBuilder();
      for (int pieces = random.nextInt(1, 12); pieces > 0; pieces--) {
        template.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      String text = template.toString();
      if (random.nextBoolean()) {
        text = "{{ " + text.replace("{", "").replace("}", "").replace("%", "") + " }}";
      }
      if (!renderBounded(text).isEmpty()) {
        rendered++;
      }
    }
    assertThat(rendered).isPositive();
  }

  /** Variables of any type are converted, or rejected with a message. */
  @Test
  void variablesAreConvertedOrRejected() {
    List<Object> cyclic = new ArrayList<>();
    cyclic.add(cyclic);
    for (Object value : List.of(cyclic, new Object(), 'c', new int[1], Double.NaN, "\ud800")) {
      try {
        Template.parse("{{ v }}{{ v | tojson }}").render(Map.of("v", value), NOW);
      } catch (TemplateException | InvalidRequestException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }
}
