package dev.myelin.train.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.EnglishText;
import dev.myelin.testing.SharedData;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.train.corpus.TokenStream.BoundaryTokens;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import dev.myelin.train.vocabulary.VocabularyKind;
import dev.myelin.train.vocabulary.VocabularyOptions;
import dev.myelin.train.vocabulary.VocabularyTrainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The token stream has the tokens of each document encoded alone and whole. */
class TokenStreamTest {
  @ParameterizedTest
  @EnumSource
  void concatenatesDocuments(VocabularyKind kind) {
    Tokenizer tokenizer = tokenizer(kind);
    int bos = tokenizer.vocabulary().bos().orElseThrow();
    int eos = tokenizer.vocabulary().eos().orElseThrow();
    List<Document> documents = List.of(document("One day"), document(" Tom saw\n"), document("x"));
    List<Integer> plain = new ArrayList<>();
    List<Integer> marked = new ArrayList<>();
    for (Document document : documents) {
      List<Integer> ids = list(tokenizer.encode(document.text(), false, false));
      plain.addAll(ids);
      if (marked.isEmpty() || bos != eos) {
        marked.add(bos);
      }
      marked.addAll(ids);
      marked.add(eos);
    }
    assertThat(list(encode(documents, tokenizer, BoundaryTokens.NONE, 1))).isEqualTo(plain);
    TokenStream data = TokenStream.encode(documents, tokenizer, BoundaryTokens.BOTH, 1);
    assertThat(list(data.tokens())).isEqualTo(marked);
    assertThat(data.size()).isEqualTo(marked.size());
    assertThat(data.slice(1, 3)).isEqualTo(Arrays.copyOfRange(data.tokens(), 1, 4));
    assertThatThrownBy(() -> data.slice(1, data.size()))
        .isInstanceOf(IndexOutOfBoundsException.class);
    int[] ends = encode(documents, tokenizer, new BoundaryTokens(false, true), 1);
    assertThat(ends).hasSize(plain.size() + 3).endsWith(eos);
    assertThat(encode(List.of(), tokenizer, BoundaryTokens.BOTH, 2)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void encodesLongDocumentsLikeWhole(VocabularyKind kind) {
    Tokenizer tokenizer = tokenizer(kind);
    for (String text : longTexts()) {
      Document document = document(text);
      assertThat(document.chunks()).hasSizeGreaterThan(2);
      assertThat(String.join("", document.chunks().stream().map(DocumentChunk::text).toList()))
          .isEqualTo(text);
      assertThat(encode(List.of(document), tokenizer, BoundaryTokens.NONE, 2))
          .isEqualTo(tokenizer.encode(text, false, false));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-spm",
        "phi-3",
        "baichuan",
        "llama-bpe",
        "gpt-2",
        "deepseek-llm",
        "qwen2",
        "falcon"
      })
  void encodesLongDocumentsLikeWholeWithRealVocabularies(String name) {
    try (GgufFile file = GgufFile.open(SharedData.path("vocabs/ggml-vocab-" + name + ".gguf"))) {
      Tokenizer tokenizer = Tokenizer.of(file);
      for (String text : longTexts()) {
        assertThat(encode(List.of(document(text)), tokenizer, BoundaryTokens.NONE, 2))
            .isEqualTo(tokenizer.encode(text, false, false));
      }
    }
  }

  @Test
  void splitsTextWithoutWords() {
    Tokenizer tokenizer = tokenizer(VocabularyKind.SPM);
    Document document = document("\u20ac\ud83d\ude00".repeat(1_000_000));
    List<DocumentChunk> passages = document.chunks();
    assertThat(passages.size()).isEqualTo(2);
    passages.forEach(passage -> assertThat(passage.text()).doesNotContain("\ufffd"));
    assertThat(encode(List.of(document), tokenizer, BoundaryTokens.NONE, 2)).hasSize(7_000_001);
  }

  @ParameterizedTest
  @EnumSource
  void resultDoesNotDependOnThreadCount(VocabularyKind kind) {
    Tokenizer tokenizer = tokenizer(kind);
    EnglishText english = new EnglishText(5);
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      documents.add(document(english.story()));
    }
    int[] serial = encode(documents, tokenizer, BoundaryTokens.BOTH, 1);
    for (int threads = 2; threads < 9; threads += 3) {
      assertThat(encode(documents, tokenizer, BoundaryTokens.BOTH, threads)).isEqualTo(serial);
    }
    assertThatThrownBy(() -> encode(documents, tokenizer, BoundaryTokens.BOTH, 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("threads = 0: expected 1 or more");
  }

  @Test
  void encodesControlTokensAsText() {
    Tokenizer tokenizer = tokenizer(VocabularyKind.SPM);
    int[] ids = encode(List.of(document("a </s> b")), tokenizer, BoundaryTokens.NONE, 1);
    assertThat(ids).doesNotContain(tokenizer.vocabulary().eos().orElseThrow());
  }

  @Test
  void rejectsMissingBoundaryTokens() {
    GgufWriter writer =
        new GgufWriter()
            .put("tokenizer.ggml.model", "gpt2")
            .put("tokenizer.ggml.pre", "glm4")
            .put("tokenizer.ggml.tokens", new String[] {"a"})
            .put("tokenizer.ggml.merges", new String[] {"a a"});
    try (GgufFile file = GgufFile.of(Path.of("small.gguf"), writer.toBytes())) {
      Tokenizer tokenizer = Tokenizer.of(file);
      assertThatThrownBy(() -> encode(List.of(document("a")), tokenizer, BoundaryTokens.BOTH, 1))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("no BOS token in the vocabulary");
    }
  }

  /**
   * Texts of several chunks: English, with spaces and line breaks everywhere, and other scripts.
   */
  private static List<String> longTexts() {
    EnglishText english = new EnglishText(6);
    StringBuilder stories = new StringBuilder();
    while (stories.length() < 60_000) {
      stories.append(english.story()).append("\n  \n\n   x  ").append(english.story()).append("  ");
    }
    return List.of(
        stories.toString(),
        "\u4e2d\u6587\u5b57\u3002\n\u6587\u5b57\n".repeat(3_500),
        "int x = 12; // comment\n\t\tif (x) { y(\"z\"); }\r\n    return;\n".repeat(1000),
        "\u0415\u0441\u0442\u044c \u00e9t\u00e9\n".repeat(3_500),
        "don't  'tis we'll 12 345\n\n".repeat(2500));
  }

  private static int[] encode(
      List<Document> documents, Tokenizer tokenizer, BoundaryTokens boundary, int threads) {
    return TokenStream.encode(documents, tokenizer, boundary, threads).tokens();
  }

  private static Tokenizer tokenizer(VocabularyKind kind) {
    Document text = document(new EnglishText(1).stories(60_000));
    TrainedVocabulary trained =
        VocabularyTrainer.train(List.of(text), VocabularyOptions.of(kind, 500));
    return trained.tokenizer();
  }

  private static Document document(String text) {
    return Document.of("text", text);
  }

  private static List<Integer> list(int[] ids) {
    return Arrays.stream(ids).boxed().toList();
  }
}
