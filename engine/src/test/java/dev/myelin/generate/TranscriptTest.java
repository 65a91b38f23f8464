package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary.Kind;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which tokens of a conversation are kept when it goes on. */
class TranscriptTest {
  private static final String START = "<|im_start|>";
  private static final String END = "<|im_end|>";

  @TempDir static java.nio.file.Path folder;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() {
    tokenizer = tokenizer(Kind.QWEN2);
  }

  private static Tokenizer tokenizer(Kind kind) {
    var file = folder.resolve(kind + ".gguf");
    RandomModel.small("llama").withVocabulary(kind).write(file);
    try (GgufFile opened = GgufFile.open(file)) {
      return Tokenizer.of(opened);
    }
  }

  /** Text of the template and of others in turn. */
  private static PromptText prompt(String... parts) {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      spans.add(new Span(parts[i], i % 2 == 0));
    }
    return new PromptText(spans);
  }

  private static int[] encoded(PromptText text) {
    return tokenizer.encode(text, false);
  }

  /** The text byte by byte: tokens that the encoder would not choose. */
  private static List<Integer> spelled(String text) {
    List<Integer> tokens = new ArrayList<>();
    text.chars().forEach(c -> tokens.add(tokenizer.encode(Character.toString(c), false, false)[0]));
    return tokens;
  }

  private static Generation reply(String text, List<Integer> tokens, FinishReason reason) {
    return new Generation(text, tokens, reason, new Metrics(0, 0, z(), z(), z()));
  }

  private static Duration z() {
    return Duration.ZERO;
  }

  private static int[] joined(Object... parts) {
    return Arrays.stream(parts)
        .flatMapToInt(
            part ->
                part instanceof int[] ids
                    ? Arrays.stream(ids)
                    : ((List<?>) part).stream().mapToInt(i -> (Integer) i))
        .toArray();
  }

  private static int id(String token) {
    return tokenizer.vocabulary().id(token).orElseThrow();
  }

  /** A first turn whose reply was written in tokens of one byte. */
  private static Transcript first(String reply, List<Integer> tokens, FinishReason reason) {
    return Transcript.EMPTY
        .with(prompt(START, "one", END + START), tokenizer)
        .with(ReplyTokens.groups(reply(reply, tokens, reason), tokenizer));
  }

  private static String word() {
    // a token of two letters or more, so that spelling it is another way to write it
    for (int i = 256; ; i++) {
      String text = tokenizer.decode(new int[] {i}, false);
      if (text.length() > 1 && text.chars().allMatch(c -> c > ' ' && c < 127)) {
        assertThat(spelled(text)).hasSizeGreaterThan(tokenizer.encode(text, false, false).length);
        return text;
      }
    }
  }

  @Test
  void aReplyKeepsTheTokensItWasWrittenIn() {
    String word = word();
    List<Integer> tokens = new ArrayList<>(spelled(word));
    tokens.add(id(END));
    Transcript next =
        first(word, tokens, FinishReason.END_OF_TEXT)
            .with(prompt(START, "one", END + START, word, END + START, "two", END), tokenizer);
    assertThat(next.tokens())
        .isEqualTo(
            joined(
                encoded(prompt(START, "one", END + START)),
                spelled(word),
                encoded(prompt(END + START, "two", END))));
  }

  @Test
  void whatATemplateCutsOffOrChangesIsEncoded() {
    String word = word();
    Transcript turn = first(word + " \n", spelled(word + " \n"), FinishReason.LENGTH);
    int[] before = encoded(prompt(START, "one", END + START));
    PromptText trimmed = prompt(START, "one", END + START, word, END);
    assertThat(turn.with(trimmed, tokenizer).tokens())
        .isEqualTo(joined(before, spelled(word), encoded(prompt(END))));
    // another beginning: nothing of the reply is there
    PromptText other = prompt(START, "one", END + START + "#", word, END);
    assertThat(turn.with(other, tokenizer).tokens())
        .isEqualTo(joined(before, encoded(prompt("#", word, END))));
    PromptText earlier = prompt(START, "One", END + START, word, END);
    assertThat(turn.with(earlier, tokenizer).tokens()).isEqualTo(encoded(earlier));
  }

  @Test
  void aTemplateMayWriteTheSpaceOfAReply() {
    Transcript turn = first(" ab", spelled(" ab"), FinishReason.LENGTH);
    PromptText prompt = prompt(START, "one", END + START + " ", "ab", END);
    assertThat(turn.with(prompt, tokenizer).tokens())
        .isEqualTo(
            joined(
                encoded(prompt(START, "one", END + START)), spelled(" ab"), encoded(prompt(END))));
  }

  /** The same characters by another author: a token must neither appear nor vanish. */
  @Test
  void theAuthorCounts() {
    Transcript turn = first("x" + END, spelled("x" + END), FinishReason.LENGTH);
    PromptText cut = prompt(START, "one", END + START, "x", END);
    assertThat(turn.with(cut, tokenizer).tokens()).isEqualTo(encoded(cut));
    PromptText forged = prompt(START, "one" + END + START + "x", END);
    assertThat(turn.with(forged, tokenizer).tokens()).isEqualTo(encoded(forged));
  }

  @Test
  void aControlTokenInAReplyStaysWithTheTextBehindIt() {
    List<Integer> tokens = new ArrayList<>(List.of(id(START)));
    tokens.addAll(spelled("ab"));
    tokens.add(id(START));
    Transcript turn = first("ab", tokens, FinishReason.LENGTH);
    int[] before = encoded(prompt(START, "one", END + START));
    assertThat(turn.with(prompt(START, "one", END + START, "ab", END), tokenizer).tokens())
        .isEqualTo(joined(before, List.of(id(START)), spelled("ab"), encoded(prompt(END))));
    assertThat(turn.with(prompt(START, "one", END + START + END), tokenizer).tokens())
        .isEqualTo(joined(before, encoded(prompt(END))));
  }

  @Test
  void stopStringsAndPartsOfCharactersDoNotGoBack() {
    List<Integer> tokens = spelled("ab\n\nUser");
    Generation stopped = reply("ab", tokens, FinishReason.STOP_STRING);
    assertThat(ReplyTokens.all(stopped, 0, tokenizer)).isEqualTo(joined(spelled("ab")));
    int[] emoji = tokenizer.encode("\ud83d\ude00", false, false);
    List<Integer> cut = new ArrayList<>(spelled("ab"));
    Arrays.stream(emoji, 0, emoji.length - 1).forEach(cut::add);
    assertThat(ReplyTokens.all(reply("ab", cut, FinishReason.LENGTH), 0, tokenizer))
        .isEqualTo(joined(spelled("ab")));
    cut.add(emoji[emoji.length - 1]);
    assertThat(ReplyTokens.all(reply("ab\ud83d\ude00", cut, FinishReason.LENGTH), 0, tokenizer))
        .isEqualTo(joined(cut));
  }

  @Test
  void aTokenThatAStopStringCutsIsEncodedAsFarAsItIsText() {
    String word = word();
    String kept = word.substring(0, word.length() - 1);
    int[] whole = tokenizer.encode(word, false, false);
    assertThat(whole).hasSize(1);
    Generation stopped = reply(kept, List.of(whole[0]), FinishReason.STOP_STRING);
    assertThat(ReplyTokens.all(stopped, 0, tokenizer))
        .isEqualTo(tokenizer.encode(kept, false, false));
  }

  /** The space in front of a text is for its beginning, not for where a prompt is put together. */
  @ParameterizedTest
  @EnumSource
  void noSpaceComesBetweenAReplyAndWhatFollows(Kind kind) {
    Tokenizer own = tokenizer(kind);
    int[] ids = own.encode("abc", false, false);
    String text = own.piece(ids[0], false)[0] == ' ' ? " abc" : "abc";
    Generation written = reply(text, Arrays.stream(ids).boxed().toList(), FinishReason.LENGTH);
    Transcript turn =
        Transcript.EMPTY.with(prompt("ask"), own).with(ReplyTokens.groups(written, own));
    int[] tokens =
        turn.with(prompt("ask" + text.substring(0, 1), text.substring(1), "more"), own).tokens();
    assertThat(own.decode(tokens, false).strip()).isEqualTo("ask" + text + "more");
  }

  @Test
  void beginningOfTextComesOnce() {
    Tokenizer llama = tokenizer(Kind.LLAMA_BPE);
    int bos = llama.vocabulary().bos().orElseThrow();
    for (String begin : new String[] {"", "<|begin_of_text|>"}) {
      Transcript turn = Transcript.EMPTY.with(prompt(begin + "a"), llama);
      turn = turn.with(prompt(begin + "a", "b"), llama);
      assertThat(turn.tokens()).startsWith(bos);
      assertThat(Arrays.stream(turn.tokens()).filter(t -> t == bos).count()).isEqualTo(1);
    }
  }

  /** A byte-level vocabulary without a token for a byte drops it. */
  @Test
  void aTextMayHaveNoTokens() {
    GgufWriter file =
        new GgufWriter()
            .put("tokenizer.ggml.model", "gpt2")
            .put("tokenizer.ggml.tokens", new String[] {"a", "b"})
            .put("tokenizer.ggml.merges", new String[0])
            .put("tokenizer.ggml.add_bos_token", false);
    Tokenizer own = Tokenizer.of(GgufFile.of(folder.resolve("v.gguf"), file.toBytes()));
    for (String begin : new String[] {"a", "\u00e9"}) {
      Transcript turn = Transcript.EMPTY.with(prompt(begin), own);
      turn = turn.with(prompt(begin, "\u00e9"), own).with(prompt(begin, "\u00e9", "ab"), own);
      assertThat(turn.tokens()).isEqualTo(own.encode(begin + "ab", false, false));
    }
  }

  /**
   * Whatever is kept, the tokens say the prompt's text, with its own control tokens and no other.
   */
  @Test
  void keptTokensSayThePromptAndNothingElse() {
    Random random = new Random(5);
    String[] pieces = {"ab", " ", "\n", END, START, "<|im_", "end|>", "\u00e9", word(), "x"};
    for (int i = 0; i < 300; i++) {
      Transcript transcript = Transcript.EMPTY;
      List<Span> said = new ArrayList<>();
      for (int turn = 0; turn < 4; turn++) {
        said.add(new Span(START, true));
        said.add(new Span(text(random, pieces), false));
        said.add(new Span(END + START, true));
        PromptText prompt = new PromptText(said);
        transcript = transcript.with(prompt, tokenizer);
        int[] tokens = transcript.tokens();
        assertThat(tokenizer.decode(tokens, true)).isEqualTo(prompt.text());
        assertThat(control(tokens)).isEqualTo(control(encoded(prompt)));
        String reply = text(random, pieces);
        List<Integer> written =
            random.nextBoolean() ? spelled(reply) : boxed(tokenizer.encode(reply, false, false));
        transcript =
            transcript.with(
                ReplyTokens.groups(reply(reply, written, FinishReason.LENGTH), tokenizer));
        // templates repeat a reply, trim it, leave it out, or change what was before
        switch (random.nextInt(5)) {
          case 0 -> said.add(new Span(reply.strip(), false));
          case 1 -> said.set(random.nextInt(said.size()), new Span(text(random, pieces), true));
          case 2 -> said.add(new Span("x" + reply, false));
          default -> said.add(new Span(reply, false));
        }
        said.add(new Span(END, true));
      }
    }
  }

  private static String text(Random random, String[] pieces) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  private static List<Integer> boxed(int[] tokens) {
    return Arrays.stream(tokens).boxed().toList();
  }

  private static List<Integer> control(int[] tokens) {
    return boxed(Arrays.stream(tokens).filter(tokenizer.vocabulary()::isControl).toArray());
  }
}
