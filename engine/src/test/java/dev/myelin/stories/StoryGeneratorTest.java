package dev.myelin.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.stories.StoryOptions.Kind;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Properties of all stories, tested on ten thousand. */
class StoryGeneratorTest {
  private static final int COUNT = 10_000;
  private static final Pattern VOWEL = Pattern.compile("(?i)(a|e|i|o|unh|und|um|up|ug|us[^e]).*");

  static List<Story> stories;

  @BeforeAll
  static void write() {
    stories = StoryGenerator.stream(new StoryOptions(Kind.STORY, 20_26, COUNT)).toList();
  }

  private static void assertNoMatch(String regex) {
    Pattern pattern = Pattern.compile(regex);
    assertThat(
            stories.stream()
                .map(Story::text)
                .filter(text -> pattern.matcher(text).find())
                .map(
                    text -> pattern.matcher(text).results().map(MatchResult::group).toList() + text)
                .limit(3))
        .as(regex)
        .isEmpty();
  }

  @Test
  void containsNoGrammarSyntaxOrUnusualCharacters() {
    assertNoMatch("[^A-Za-z ,.!?\"':\\n-]");
    assertNoMatch("  | \\n|\\n |^\\s|\\s$|(?<!\\n)\\n(?!\\n)|\\n{3}");
    assertNoMatch("\\b[HFGENP]\\b(?!\")|\\bnull\\b|\\?!");
  }

  @Test
  void punctuationIsCorrect() {
    assertNoMatch("[,.!?:][,.!?:]| [,.!?:]|[,.!?:][A-Za-z]|,\\n|,$");
    assertNoMatch("(?<![.!?]|[.!?]\")(\\n\\n|$)");
    assertNoMatch("[a-z]\"|[.!?,]\"[A-Za-z]");
    assertNoMatch("\\b(\\w+) \\1\\b");
  }

  @Test
  void quotationMarksAreBalanced() {
    for (Story story : stories) {
      for (String paragraph : story.text().split("\n\n")) {
        boolean open = false;
        for (int i = 0; i < paragraph.length(); i++) {
          if (paragraph.charAt(i) == '"') {
            open = !open;
            char before = i == 0 ? ' ' : paragraph.charAt(i - 1);
            char after = i + 1 == paragraph.length() ? ' ' : paragraph.charAt(i + 1);
            assertThat(open ? before : after).as(paragraph).isEqualTo(' ');
            assertThat(open ? after : before).as(paragraph).isNotEqualTo(' ');
          }
        }
        assertThat(open).as(paragraph).isFalse();
      }
    }
  }

  @Test
  void sentencesStartWithCapital() {
    assertNoMatch("(^|\\n|(?<!Mr|Mrs)[.!?] )\"?[a-z]");
    assertNoMatch("(?<!,) \"[a-z]");
  }

  /** A quotation is followed by its speaker or by a new sentence. */
  @Test
  void quotationIsFollowedBySpeakerOrNewSentence() {
    assertNoMatch(
        "[.!?,]\" (?=[a-z])(?!((they|somebody|everybody|all|both|the|a|an|old|his|her|he|she|it)"
            + " )?(\\w+\\.? ){0,6}?(all"
            + " )?(said|asked|cried|shouted|called|thought|whispered|wrote)\\b)");
  }

  @Test
  void articlesMatchNextWord() {
    Pattern article = Pattern.compile("\\b(an?) (\\w+)", Pattern.CASE_INSENSITIVE);
    Set<String> wrong = new TreeSet<>();
    for (Story story : stories) {
      article
          .matcher(story.text())
          .results()
          .filter(m -> m.group(1).equalsIgnoreCase("an") != VOWEL.matcher(m.group(2)).matches())
          .forEach(m -> wrong.add(m.group()));
    }
    assertThat(wrong).isEmpty();
    assertNoMatch(
        "\\b[Aa]n? (\\w+ )?(berries|apples|pears|plums|cherries|nuts|carrots|mushrooms)\\b");
  }

  /**
   * The builder rejects characters that were not introduced; this tests that the hero comes first.
   */
  @Test
  void heroIsNamedInFirstTwoSentences() {
    Grammar grammar = Grammar.read("words.txt");
    Set<String> names = new HashSet<>();
    for (String list : List.of("girl", "boy", "she-animal", "he-animal")) {
      grammar.words(list).forEach(word -> names.add(word.text()));
    }
    Pattern beginning = Pattern.compile("(?s)^(.*?[.!?]\\s.*?)[.!?]\\s");
    for (Story story : stories) {
      String two = beginning.matcher(story.text()).results().findFirst().orElseThrow().group(1);
      assertThat(two.split("[^A-Za-z]+")).as(story.text()).containsAnyElementsOf(names);
    }
  }

  @Test
  void lengthsFitContextOf256Tokens() {
    int[] words = stories.stream().mapToInt(s -> s.text().split("\\s+").length).sorted().toArray();
    assertThat(words[0]).isGreaterThan(60);
    assertThat(words[COUNT - 1]).isLessThan(220);
    assertThat(words[COUNT / 2]).isBetween(100, 160);
  }

  @Test
  void hasManyPlotsAndSmallVocabulary() {
    assertThat(stories.stream().map(Story::plot).distinct().count()).isGreaterThan(9_000);
    assertThat(stories.stream().map(Story::text).distinct().count()).isEqualTo(COUNT);
    assertThat(stories.stream().map(Story::kind).distinct().count()).isGreaterThanOrEqualTo(45);
    Set<String> words = new HashSet<>();
    stories.forEach(s -> words.addAll(List.of(s.text().toLowerCase().split("[^a-z']+"))));
    assertThat(words.size()).isBetween(1_500, 2_600);
  }

  @Test
  void storyDependsOnlyOnSeedAndIndex() {
    StoryGenerator generator = StoryGenerator.of(Kind.STORY);
    for (int i : new int[] {COUNT - 1, 17, 0}) {
      assertThat(generator.generate(20_26, i)).isEqualTo(stories.get(i));
    }
    assertThat(generator.generate(7, 0)).isNotEqualTo(generator.generate(8, 0));
    assertThat(generator.generate(7, 0)).isNotEqualTo(generator.generate(7, 1));
  }

  /**
   * The training data of the bundled checkpoint, byte for byte, on every JVM. A change of the
   * grammar or a word list requires training the checkpoint again.
   */
  @Test
  void corpusOfBundledCheckpointIsUnchanged() {
    CRC32 sum = new CRC32();
    StoryGenerator generator = StoryGenerator.of(Kind.STORY);
    for (int i = 0; i < 60_000; i += 60) {
      sum.update(generator.generate(1, i).text().getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(Long.toHexString(sum.getValue())).isEqualTo("34c59e4a");
  }

  @Test
  void sentencesHaveBalancedLabelsAndExcludeOne() {
    List<String> lines =
        StoryGenerator.stream(new StoryOptions(Kind.SENTIMENT, 1, 50_000))
            .map(Story::text)
            .toList();
    assertThat(lines).allMatch(l -> l.matches("[A-Z][A-Za-z ,'!]+[.!] => (positive|negative)"));
    assertThat(lines).noneMatch(l -> l.startsWith("I love sunny days!"));
    assertThat(lines.stream().distinct().count()).isGreaterThan(20_000);
    assertThat(lines.stream().filter(l -> l.endsWith("positive")).count())
        .isBetween(24_000L, 26_000L);
    Set<String> positive = new HashSet<>();
    lines.stream()
        .filter(l -> l.endsWith("positive"))
        .forEach(l -> positive.add(l.substring(0, l.indexOf(" => "))));
    assertThat(lines)
        .noneMatch(
            l -> l.endsWith("negative") && positive.contains(l.substring(0, l.indexOf(" => "))));
  }

  @Test
  void rejectsNegativeCount() {
    assertThatThrownBy(() -> new StoryOptions(Kind.STORY, 1, -1))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("count -1: expected at least 0");
  }
}
