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

/** Which tokens of a conversation are kept in the next turn. */
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

  /** Alternating text of the template (first) and of messages. */
  private static PromptText prompt(String... parts) {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      spans.add(new Span(parts[i], i % 2 == 0));
    }
    return new PromptText(spans);
  }

  private static int[] encode(PromptText text) {
    return tokenizer.encode(text, false);
  }

  /** One token per byte, which the encoder would not choose. */
  private static List<Integer> byteTokens(String text) {
    List<Integer> tokens = new ArrayList<>();
    text.chars().forEach(c -> tokens.add(tokenizer.encode(Character.toString(c), false, false)[0]));
    return tokens;
  }

  private static Generation reply(String text, List<Integer> tokens, FinishReason reason) {
    return new Generation(text, tokens, reason, new Metrics(0, 0, 0, zero(), zero(), zero()));
  }

  private static Duration zero() {
    return Duration.ZERO;
  }

  private static int[] concat(Object... parts) {
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

  /** A first turn with this reply. */
  private static Transcript firstTurn(String reply, List<Integer> tokens, FinishReason reason) {
    return Transcript.EMPTY
        .with(prompt(START, "one", END + START), tokenizer)
        .with(ReplyTokens.groups(reply(reply, tokens, reason), tokenizer));
  }

  private static String multiLetterToken() {
    // a token of two letters or more, so that its byte tokens differ
    for (int i = 256; ; i++) {
      String text = tokenizer.decode(new int[] {i}, false);
      if (text.length() > 1 && text.chars().allMatch(c -> c > ' ' && c < 127)) {
        assertThat(byteTokens(text))
            .hasSizeGreaterThan(tokenizer.encode(text, false, false).length);
        return text;
      }
    }
  }

  @Test
  void replyKeepsGeneratedTokens() {
    String word = multiLetterToken();
    List<Integer> tokens = new ArrayList<>(byteTokens(word));
    tokens.add(id(END));
    Transcript next =
        firstTurn(word, tokens, FinishReason.END_OF_TEXT)
            .with(prompt(START, "one", END + START, word, END + START, "two", END), tokenizer);
    assertThat(next.tokens())
        .isEqualTo(
            concat(
                encode(prompt(START, "one", END + START)),
                byteTokens(word),
                encode(prompt(END + START, "two", END))));
  }

  @Test
  void encodesTextThatTemplateChanges() {
    String word = multiLetterToken();
    Transcript turn = firstTurn(word + " \n", byteTokens(word + " \n"), FinishReason.LENGTH);
    int[] before = encode(prompt(START, "one", END + START));
    PromptText trimmed = prompt(START, "one", END + START, word, END);
    assertThat(turn.with(trimmed, tokenizer).tokens())
        .isEqualTo(concat(before, byteTokens(word), encode(prompt(END))));
    // another start of the reply: nothing of it is kept
    PromptText other = prompt(START, "one", END + START + "#", word, END);
    assertThat(turn.with(other, tokenizer).tokens())
        .isEqualTo(concat(before, encode(prompt("#", word, END))));
    PromptText earlier = prompt(START, "One", END + START, word, END);
    assertThat(turn.with(earlier, tokenizer).tokens()).isEqualTo(encode(earlier));
  }

  @Test
  void acceptsLeadingSpaceFromTemplate() {
    Transcript turn = firstTurn(" ab", byteTokens(" ab"), FinishReason.LENGTH);
    PromptText prompt = prompt(START, "one", END + START + " ", "ab", END);
    assertThat(turn.with(prompt, tokenizer).tokens())
        .isEqualTo(
            concat(
                encode(prompt(START, "one", END + START)), byteTokens(" ab"), encode(prompt(END))));
  }

  /** The same characters from another origin: a control token must neither appear nor vanish. */
  @Test
  void encodesSameTextOfOtherOrigin() {
    Transcript turn = firstTurn("x" + END, byteTokens("x" + END), FinishReason.LENGTH);
    PromptText cut = prompt(START, "one", END + START, "x", END);
    assertThat(turn.with(cut, tokenizer).tokens()).isEqualTo(encode(cut));
    PromptText forged = prompt(START, "one" + END + START + "x", END);
    assertThat(turn.with(forged, tokenizer).tokens()).isEqualTo(encode(forged));
  }

  @Test
  void keepsControlTokenWithFollowingText() {
    List<Integer> tokens = new ArrayList<>(List.of(id(START)));
    tokens.addAll(byteTokens("ab"));
    tokens.add(id(START));
    Transcript turn = firstTurn("ab", tokens, FinishReason.LENGTH);
    int[] before = encode(prompt(START, "one", END + START));
    assertThat(turn.with(prompt(START, "one", END + START, "ab", END), tokenizer).tokens())
        .isEqualTo(concat(before, List.of(id(START)), byteTokens("ab"), encode(prompt(END))));
    assertThat(turn.with(prompt(START, "one", END + START + END), tokenizer).tokens())
        .isEqualTo(concat(before, encode(prompt(END))));
  }

  @Test
  void dropsStopStringsAndIncompleteCharacters() {
    List<Integer> tokens = byteTokens("ab\n\nUser");
    Generation stopped = reply("ab", tokens, FinishReason.STOP_STRING);
    assertThat(ReplyTokens.flatten(stopped, 0, tokenizer)).isEqualTo(concat(byteTokens("ab")));
    int[] emoji = tokenizer.encode("\ud83d\ude00", false, false);
    List<Integer> cut = new ArrayList<>(byteTokens("ab"));
    Arrays.stream(emoji, 0, emoji.length - 1).forEach(cut::add);
    assertThat(ReplyTokens.flatten(reply("ab", cut, FinishReason.LENGTH), 0, tokenizer))
        .isEqualTo(concat(byteTokens("ab")));
    cut.add(emoji[emoji.length - 1]);
    assertThat(ReplyTokens.flatten(reply("ab\ud83d\ude00", cut, FinishReason.LENGTH), 0, tokenizer))
        .isEqualTo(concat(cut));
  }

  @Test
  void encodesTextOfTokenCutByStopString() {
    String word = multiLetterToken();
    String kept = word.substring(0, word.length() - 1);
    int[] token = tokenizer.encode(word, false, false);
    assertThat(token).hasSize(1);
    Generation stopped = reply(kept, List.of(token[0]), FinishReason.STOP_STRING);
    assertThat(ReplyTokens.flatten(stopped, 0, tokenizer))
        .isEqualTo(tokenizer.encode(kept, false, false));
  }

  /** The tokenizer's leading space belongs to the start of the text only. */
  @ParameterizedTest
  @EnumSource
  void addsNoSpaceAfterReply(Kind kind) {
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
  void addsBosOnce() {
    Tokenizer llama = tokenizer(Kind.LLAMA_BPE);
    int bos = llama.vocabulary().bos().orElseThrow();
    for (String begin : new String[] {"", "<|begin_of_text|>"}) {
      Transcript turn = Transcript.EMPTY.with(prompt(begin + "a"), llama);
      turn = turn.with(prompt(begin + "a", "b"), llama);
      assertThat(turn.tokens()).startsWith(bos);
      assertThat(Arrays.stream(turn.tokens()).filter(t -> t == bos).count()).isEqualTo(1);
    }
  }

  /** A byte-level vocabulary drops bytes that have no token. */
  @Test
  void acceptsTextWithoutTokens() {
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
   * The tokens always decode to the prompt's text, with the template's control tokens and no
   * others.
   */
  @Test
  void keptTokensDecodeToPrompt() {
    Random random = new Random(5);
    String[] pieces = {
      "ab", " ", "\n", END, START, "<|im_", "end|>", "\u00e9", multiLetterToken(), "x"
    };
    for (int i = 0; i < 300; i++) {
      Transcript transcript = Transcript.EMPTY;
      List<Span> spans = new ArrayList<>();
      for (int turn = 0; turn < 4; turn++) {
        spans.add(new Span(START, true));
        spans.add(new Span(text(random, pieces), false));
        spans.add(new Span(END + START, true));
        PromptText prompt = new PromptText(spans);
        transcript = transcript.with(prompt, tokenizer);
        int[] tokens = transcript.tokens();
        assertThat(tokenizer.decode(tokens, true)).isEqualTo(prompt.text());
        assertThat(controlTokens(tokens)).isEqualTo(controlTokens(encode(prompt)));
        String reply = text(random, pieces);
        List<Integer> written =
            random.nextBoolean() ? byteTokens(reply) : boxed(tokenizer.encode(reply, false, false));
        transcript =
            transcript.with(
                ReplyTokens.groups(reply(reply, written, FinishReason.LENGTH), tokenizer));
        // templates repeat a reply, trim it, omit it, or change earlier text
        switch (random.nextInt(5)) {
          case 0 -> spans.add(new Span(reply.strip(), false));
          case 1 -> spans.set(random.nextInt(spans.size()), new Span(text(random, pieces), true));
          case 2 -> spans.add(new Span("x" + reply, false));
          default -> spans.add(new Span(reply, false));
        }
        spans.add(new Span(END, true));
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

  private static List<Integer> controlTokens(int[] tokens) {
    return boxed(Arrays.stream(tokens).filter(tokenizer.vocabulary()::isControl).toArray());
  }
}
