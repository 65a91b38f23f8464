package dev.myelin.tokenizer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.SpecialTokens.Fragment;
import dev.myelin.tokenizer.Vocabulary.Added;
import dev.myelin.tokenizer.Vocabulary.SpecialIds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partitioning by special tokens, compared with the loop over all tokens of llama.cpp. */
class SpecialTokensTest {
  private static final int[] ATTRIBUTES = {
    TokenAttribute.CONTROL,
    TokenAttribute.CONTROL | TokenAttribute.RSTRIP,
    TokenAttribute.CONTROL | TokenAttribute.LSTRIP,
    TokenAttribute.USER_DEFINED,
    TokenAttribute.USER_DEFINED | TokenAttribute.LSTRIP | TokenAttribute.RSTRIP,
    TokenAttribute.NORMAL
  };

  private static Vocabulary vocabulary(List<String> texts, byte[] attributes) {
    GgufWriter writer =
        new GgufWriter().put(TokenTable.TOKENS_KEY, texts.toArray(String[]::new)).put("x", 1);
    try (GgufFile file = GgufFile.of(Path.of("random"), writer.toBytes())) {
      TokenTable table = TokenTable.of(file);
      System.arraycopy(attributes, 0, table.attributes(), 0, attributes.length);
      SpecialIds none = new SpecialIds(-1, -1, -1, -1, -1, -1, -1, new int[0]);
      return new Vocabulary(
          file.path(), table, none, new Added(false, false, false), new int[0], List.of());
    }
  }

  private static String randomText(Random random, String alphabet, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ab", "ab <", "a ", "abcdefgh \n"})
  void matchesNaivePartition(String alphabet) {
    Random random = new Random(alphabet.hashCode());
    int fragments = 0;
    for (int round = 0; round < 400; round++) {
      Set<String> texts = new HashSet<>();
      int longest = 1 + random.nextInt(7);
      for (int i = 0; i < 1 + random.nextInt(12); i++) {
        texts.add(randomText(random, alphabet, 1 + random.nextInt(longest)));
      }
      byte[] attributes = new byte[texts.size()];
      for (int i = 0; i < attributes.length; i++) {
        attributes[i] = (byte) ATTRIBUTES[random.nextInt(ATTRIBUTES.length)];
      }
      Vocabulary vocabulary = vocabulary(List.copyOf(texts), attributes);
      PromptText text = randomSpans(random, alphabet);
      byte[] bytes = text.text().getBytes(US_ASCII);
      for (int excluded : new int[] {0, TokenAttribute.HIDDEN}) {
        SpecialTokens special = new SpecialTokens(vocabulary, TokenAttribute.SPECIAL, excluded);
        List<Fragment> expected = new NaivePartition(vocabulary, excluded, text).partition();
        assertThat(special.partition(bytes, TrustedBytes.of(text, text.text())))
            .as("%s with %s in %s", texts, List.of(attributes), text)
            .isEqualTo(expected);
        fragments += expected.size();
      }
    }
    assertThat(fragments).isGreaterThan(2000);
  }

  private static PromptText randomSpans(Random random, String alphabet) {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      spans.add(new Span(randomText(random, alphabet, random.nextInt(30)), random.nextBoolean()));
    }
    return new PromptText(spans);
  }

  /** Like {@code tokenizer_st_partition}: searches each token in all text fragments. */
  private record NaivePartition(Vocabulary vocabulary, int excluded, PromptText prompt) {
    List<Fragment> partition() {
      String text = prompt.text();
      TrustedBytes trusted = TrustedBytes.of(prompt, text);
      List<Fragment> fragments = new ArrayList<>();
      if (!text.isEmpty()) {
        fragments.add(new Fragment(Vocabulary.NONE, 0, text.length()));
      }
      List<Integer> ids =
          IntStream.range(0, vocabulary.size())
              .filter(id -> (vocabulary.attribute(id) & TokenAttribute.SPECIAL) != 0)
              .filter(id -> (vocabulary.attribute(id) & excluded) == 0)
              .boxed()
              .sorted(Comparator.comparing(id -> -vocabulary.text(id).length()))
              .toList();
      for (int id : ids) {
        List<Fragment> next = new ArrayList<>();
        for (Fragment fragment : fragments) {
          if (fragment.isText()) {
            partition(text, trusted, fragment, id, next);
          } else {
            next.add(fragment);
          }
        }
        fragments = next;
      }
      return fragments;
    }

    private void partition(
        String text, TrustedBytes trusted, Fragment in, int id, List<Fragment> out) {
      String token = vocabulary.text(id);
      int attribute = vocabulary.attribute(id);
      boolean anywhere = (attribute & TokenAttribute.HIDDEN) == 0;
      int from = in.from();
      int at = text.indexOf(token, from);
      while (at >= 0 && at + token.length() <= in.to()) {
        int to = at + token.length();
        if (anywhere || trusted.covers(at, to)) {
          int end = at;
          while ((attribute & TokenAttribute.LSTRIP) != 0
              && end > from
              && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
          }
          if (from < end) {
            out.add(new Fragment(Vocabulary.NONE, from, end));
          }
          out.add(new Fragment(id, at, to));
          while ((attribute & TokenAttribute.RSTRIP) != 0
              && to < in.to()
              && Character.isWhitespace(text.charAt(to))) {
            to++;
          }
          from = to;
          at = text.indexOf(token, from);
        } else {
          at = text.indexOf(token, at + 1);
        }
      }
      if (from < in.to()) {
        out.add(new Fragment(Vocabulary.NONE, from, in.to()));
      }
    }
  }

  /** A text of 46,656 different tokens, then a run of one letter with many nested tokens. */
  @Test
  void partitionsInLinearTime() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 46_656; i++) {
      texts.add(Integer.toString(46_656 + i, 36).substring(1));
    }
    for (int i = 4; i < 1500; i++) {
      texts.add("a".repeat(i));
    }
    byte[] attributes = new byte[texts.size()];
    Arrays.fill(attributes, (byte) TokenAttribute.USER_DEFINED);
    SpecialTokens special =
        new SpecialTokens(vocabulary(texts, attributes), TokenAttribute.SPECIAL, 0);
    Random random = new Random(1);
    String text = randomText(random, "abcdefghijklmnopqrstuvwxyz0123456789", 200_000);
    byte[] bytes = (text + "a".repeat(200_000) + "b").getBytes(US_ASCII);
    // a loop over all tokens would take minutes
    List<Fragment> fragments =
        assertTimeoutPreemptively(
            Duration.ofSeconds(30), () -> special.partition(bytes, TrustedBytes.ALL));
    assertThat(fragments.size()).isGreaterThan(60_000);
  }
}
