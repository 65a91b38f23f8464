package dev.myelin.train.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.testing.EnglishText;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.vocabulary.TrainedVocabulary.Token;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Trained vocabularies: contents, tokenization, and errors. */
class VocabularyTrainerTest {
  private static final String TRICKY =
      "  two  spaces\n"
          + "    four 123 45 don't (\"quoted\") end!!\n\n"
          + "\tTab\u00e9\u00e9 \u4e2d\u6587\u4e2d\u6587 \ud83d\ude00\ud83d\ude00 a\u0301a\u0301"
          + " x\u00a0y\u3000z \0\0 ";

  @ParameterizedTest
  @EnumSource
  void isDeterministic(VocabularyKind kind) {
    List<Document> documents = new ArrayList<>(stories(2, 150));
    VocabularyOptions options = VocabularyOptions.of(kind, 600);
    TrainedVocabulary one = VocabularyTrainer.train(documents, options);
    assertThat(one.size()).isEqualTo(600);
    assertThat(one.tokens().stream().map(Token::text)).doesNotHaveDuplicates();
    assertThat(VocabularyTrainer.train(documents, options.withThreads(3))).isEqualTo(one);
    Collections.shuffle(documents, new Random(1));
    assertThat(VocabularyTrainer.train(documents, options)).isEqualTo(one);
  }

  @ParameterizedTest
  @EnumSource
  void smallVocabularyIsPrefixOfLargeOne(VocabularyKind kind) {
    List<Document> documents = stories(3, 100);
    List<String> small = mergedTokens(train(documents, kind, 400));
    List<String> large = mergedTokens(train(documents, kind, 600));
    assertThat(large).startsWith(small.toArray(String[]::new)).hasSizeGreaterThan(small.size());
  }

  @Test
  void spmMatchesNaiveTrainer() {
    List<Document> documents = new ArrayList<>(stories(4, 20));
    documents.add(Document.of("tricky", TRICKY.repeat(3)));
    Map<String, Integer> words = new LinkedHashMap<>();
    // an independent split into words: spaces as markers, without control characters
    Pattern word =
        Pattern.compile(
            "\u2581*+(?:\\p{Nd}|[\\p{L}\\p{M}]++|[^\\p{L}\\p{M}\\p{Nd}\\p{Cc}\\p{Z}\u2581]++)?");
    for (Document document : documents) {
      Matcher matcher = word.matcher("\u2581" + document.text().replace(' ', '\u2581'));
      while (matcher.find()) {
        String found = matcher.group();
        boolean digit = found.codePoints().anyMatch(Character::isDigit);
        words.merge(digit ? found.replaceAll("\\p{Nd}", "") : found, 1, Integer::sum);
      }
    }
    words.remove("");
    int size = 500;
    TrainedVocabulary trained =
        VocabularyTrainer.train(
            documents, VocabularyOptions.of(VocabularyKind.SPM, size).withCoverage(1));
    List<String> joined = mergedTokens(trained);
    NaiveTrainer naive = new NaiveTrainer(words, true, 16, SpmWords::isPiece);
    assertThat(naive.train(joined.size()).stream().map(NaiveTrainer.Merge::text))
        .containsExactlyElementsOf(joined);
    // the tokenizer produces the same symbols
    Tokenizer tokenizer = trained.tokenizer();
    words
        .keySet()
        .forEach(
            text -> {
              if (text.startsWith("\u2581") && text.length() > 1) {
                int[] ids = tokenizer.encode(text.substring(1), false, false);
                assertThat(Arrays.stream(ids).mapToObj(tokenizer.vocabulary()::text))
                    .isEqualTo(naive.tokenize(text));
              }
            });
  }

  @Test
  void bpeMatchesNaiveTrainer() {
    List<Document> documents = stories(5, 20);
    Map<String, Integer> words = new LinkedHashMap<>();
    // the regular expression of GPT-2 (Radford et al. 2019)
    Pattern word =
        Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
    for (Document document : documents) {
      Matcher matcher = word.matcher(document.text());
      while (matcher.find()) {
        String letters = matcher.group().replace(' ', '\u0120').replace('\n', '\u010a');
        words.merge(letters, 1, Integer::sum);
      }
    }
    TrainedVocabulary trained =
        VocabularyTrainer.train(
            documents, VocabularyOptions.of(VocabularyKind.BPE, 500).withPreTokenizer("gpt-2"));
    NaiveTrainer naive = new NaiveTrainer(words, false, 48, text -> true);
    assertThat(
            naive.train(trained.merges().size()).stream()
                .map(join -> join.left() + " " + join.right()))
        .containsExactlyElementsOf(trained.merges());
    Tokenizer tokenizer = trained.tokenizer();
    words
        .keySet()
        .forEach(
            text -> {
              String plain = text.replace('\u0120', ' ').replace('\u010a', '\n');
              int[] ids = tokenizer.encode(plain, false, false);
              assertThat(Arrays.stream(ids).mapToObj(tokenizer.vocabulary()::text))
                  .isEqualTo(naive.tokenize(text));
            });
  }

  @ParameterizedTest
  @EnumSource
  void roundTripsAnyText(VocabularyKind kind) {
    List<Document> documents = new ArrayList<>(stories(6, 60));
    documents.add(Document.of("tricky", TRICKY.repeat(4)));
    Tokenizer tokenizer = train(documents, kind, 600).tokenizer();
    Random random = new Random(6);
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(30); j > 0; j--) {
        int[] ends = {0x7f, 0x7f, 0x250, 0x2100, 0xd7ff, 0x1ffff, 0x10ffff};
        int c = random.nextInt(ends[random.nextInt(ends.length)] + 1);
        // no unpaired surrogates, and no U+2581, which SPM decodes as a space
        text.appendCodePoint(c >= 0xd800 && c <= 0xdfff || c == 0x2581 ? ' ' : c);
      }
      int[] ids = tokenizer.encode(text.toString(), false, false);
      assertThat(tokenizer.decode(ids, false)).isEqualTo(text.toString());
    }
    assertThat(tokenizer.decode(tokenizer.encode(TRICKY, false, false), false)).isEqualTo(TRICKY);
  }

  @ParameterizedTest
  @EnumSource
  void compressesEnglish(VocabularyKind kind) {
    Tokenizer tokenizer = train(stories(7, 300), kind, 600).tokenizer();
    int bytes = 0;
    int tokens = 0;
    for (Document unseen : stories(8, 50)) {
      bytes += (int) unseen.size();
      tokens += tokenizer.encode(unseen.text(), false, false).length;
    }
    assertThat((double) bytes / tokens).isGreaterThan(3);
  }

  @Test
  void laysOutSpmTokens() {
    TrainedVocabulary trained =
        train(List.of(Document.of("x", "low low lower 77 low\nlow")), VocabularyKind.SPM, 269);
    assertThat(trained.tokens().subList(0, 3).stream().map(Token::text))
        .containsExactly("<unk>", "<s>", "</s>");
    assertThat(trained.tokens().get(3).text()).isEqualTo("<0x00>");
    assertThat(trained.tokens().get(258).text()).isEqualTo("<0xFF>");
    // lo and ow occur 5 times: lo is first; then low, marker + low; then letters by
    // count, code point
    assertThat(trained.tokens().subList(259, 269).stream().map(Token::text))
        .containsExactly("lo", "low", "\u2581low", "l", "o", "w", "\u2581", "7", "e", "r");
    Vocabulary vocabulary = trained.tokenizer().vocabulary();
    assertThat(vocabulary.bos()).hasValue(1);
    assertThat(vocabulary.eos()).hasValue(2);
    assertThat(vocabulary.unknown()).hasValue(0);
    assertThat(vocabulary.addsBos()).isTrue();
    assertThat(vocabulary.addsEos()).isFalse();
    assertThat(vocabulary.isEndOfGeneration(2)).isTrue();
  }

  @Test
  void laysOutBpeTokens() {
    TrainedVocabulary trained =
        train(List.of(Document.of("x", "low low lower 77 low\nlow")), VocabularyKind.BPE, 260);
    assertThat(trained.merges()).containsExactly("l o", "lo w", "\u0120 low");
    assertThat(trained.tokens().subList(256, 260).stream().map(Token::text))
        .containsExactly("lo", "low", "\u0120low", "<|endoftext|>");
    Vocabulary vocabulary = trained.tokenizer().vocabulary();
    assertThat(vocabulary.bos()).hasValue(259);
    assertThat(vocabulary.eos()).hasValue(259);
    assertThat(vocabulary.addsBos()).isTrue();
    assertThat(vocabulary.isEndOfGeneration(259)).isTrue();
    assertThat(vocabulary.isControl(259)).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void reportsPossibleSizes(VocabularyKind kind) {
    List<Document> documents = List.of(Document.of("x", "low low lower 77 low\nlow"));
    int maxSize = kind == VocabularyKind.SPM ? 269 : 260;
    assertThat(train(documents, kind, maxSize).size()).isEqualTo(maxSize);
    assertThatThrownBy(() -> train(documents, kind, maxSize + 1))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            "vocabulary = %d: expected at most %d, the tokens of all pairs that occur 2 times or more; or train on more text"
                .formatted(maxSize + 1, maxSize));
    int minSize = kind == VocabularyKind.SPM ? 266 : 257;
    assertThat(train(documents, kind, minSize).merges()).isEmpty();
    assertThatThrownBy(() -> train(documents, kind, minSize - 1))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(
            "vocabulary = %d: expected at least %d, ".formatted(minSize - 1, minSize));
  }

  @Test
  void trainsOnRepetitiveTexts() {
    Document word = Document.of("x", "a".repeat(3_000_000));
    assertThat(mergedTokens(train(List.of(word), VocabularyKind.SPM, 265)))
        .containsExactly("aa", "aaaa", "aaaaaaaa", "aaaaaaaaaaaaaaaa");
    assertThat(train(List.of(word), VocabularyKind.BPE, 261).merges())
        .containsExactly("a a", "aa aa", "aaaa aaaa", "aaaaaaaa aaaaaaaa");
    Document emoji = Document.of("x", "\ud83d\ude00\ud83d\ude03".repeat(50));
    assertThat(mergedTokens(train(List.of(emoji), VocabularyKind.SPM, 263)))
        .containsExactly("\ud83d\ude00\ud83d\ude03");
    Document spaces = Document.of("x", "        ".repeat(50));
    assertThat(mergedTokens(train(List.of(spaces), VocabularyKind.SPM, 262)))
        .containsExactly("\u2581\u2581", "\u2581\u2581\u2581\u2581");
    for (VocabularyKind kind : VocabularyKind.values()) {
      assertThatThrownBy(() -> train(List.of(), kind, 300))
          .hasMessageContaining("expected at most");
      assertThatThrownBy(() -> train(List.of(Document.of("x", "\0\n\n\n")), kind, 300))
          .hasMessageContaining("expected at most");
    }
  }

  @Test
  void encodesRareCharactersAsBytes() {
    String text = "abab ".repeat(2000) + "\u4e2d";
    TrainedVocabulary trained = train(List.of(Document.of("x", text)), VocabularyKind.SPM, 265);
    assertThat(trained.tokens().stream().map(Token::text)).doesNotContain("\u4e2d");
    Tokenizer tokenizer = trained.tokenizer();
    int[] ids = tokenizer.encode("abab\u4e2d", false, false);
    assertThat(Arrays.stream(ids).mapToObj(tokenizer.vocabulary()::text))
        .containsExactly("\u2581abab", "<0xE4>", "<0xB8>", "<0xAD>");
    VocabularyOptions all = VocabularyOptions.of(VocabularyKind.SPM, 264).withCoverage(1);
    assertThat(VocabularyTrainer.train(List.of(Document.of("x", text)), all).tokens().getLast())
        .extracting(Token::text)
        .isEqualTo("\u4e2d");
  }

  @Test
  void rejectsInvalidOptions() {
    VocabularyOptions valid = VocabularyOptions.of(VocabularyKind.BPE, 300);
    assertThatThrownBy(() -> VocabularyOptions.of(VocabularyKind.SPM, 0))
        .hasMessage("vocabulary = 0: expected 1 to 1048576");
    assertThatThrownBy(() -> valid.withCoverage(0)).hasMessageContaining("coverage = 0.0");
    assertThatThrownBy(() -> valid.withCoverage(Double.NaN)).hasMessageContaining("coverage = NaN");
    assertThatThrownBy(() -> valid.withMinimumCount(0)).hasMessageContaining("minimum count = 0");
    assertThatThrownBy(() -> valid.withMaxTokenLength(257))
        .hasMessageContaining("longest token = 257");
    assertThatThrownBy(() -> valid.withThreads(0)).hasMessageContaining("threads = 0");
    assertThatThrownBy(() -> VocabularyKind.forName("unigram"))
        .hasMessage("tokenizer = unigram: expected spm or bpe");
    List<Document> documents = stories(1, 3);
    assertThatThrownBy(() -> VocabularyTrainer.train(documents, valid.withPreTokenizer("gtp-2")))
        .hasMessageStartingWith("pre-tokenizer = gtp-2: expected one of default, llama-bpe");
    assertThatThrownBy(() -> VocabularyTrainer.train(documents, valid.withPreTokenizer("kimi-k2")))
        .hasMessageContaining("not made by merges");
  }

  @Test
  void doesNotParseControlTokens() {
    String text = "<s> </s> <unk> <|endoftext|> <0x0A> abc";
    for (VocabularyKind kind : VocabularyKind.values()) {
      Tokenizer tokenizer =
          train(
                  List.of(Document.of("x", text.repeat(30))),
                  kind,
                  kind == VocabularyKind.SPM ? 290 : 270)
              .tokenizer();
      int[] ids = tokenizer.encode(text, false, false);
      assertThat(Arrays.stream(ids).anyMatch(tokenizer.vocabulary()::isControl)).isFalse();
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThat(tokenizer.decode(ids, false).getBytes(StandardCharsets.UTF_8)).isEqualTo(bytes);
    }
  }

  private static TrainedVocabulary train(List<Document> documents, VocabularyKind kind, int size) {
    return VocabularyTrainer.train(documents, VocabularyOptions.of(kind, size));
  }

  /** The merged tokens in order. */
  private static List<String> mergedTokens(TrainedVocabulary trained) {
    if (trained.kind() == VocabularyKind.BPE) {
      return trained.merges();
    }
    return trained.tokens().stream()
        .skip(259)
        .map(Token::text)
        .filter(text -> text.codePointCount(0, text.length()) > 1)
        .toList();
  }

  private static List<Document> stories(long seed, int count) {
    EnglishText english = new EnglishText(seed);
    List<Document> stories = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      stories.add(Document.of("story " + i, english.story()));
    }
    return stories;
  }
}
