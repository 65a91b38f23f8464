package dev.myelin.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTokensTest {
  @TempDir Path folder;

  private Tokenizer tokenizer(RandomVocabulary.Kind kind) {
    Path file = folder.resolve(kind + ".gguf");
    RandomModel.small(kind == RandomVocabulary.Kind.QWEN2 ? "qwen2" : "llama")
        .withVocabulary(kind)
        .write(file);
    try (GgufFile opened = GgufFile.open(file)) {
      return Tokenizer.of(opened);
    }
  }

  @Test
  void startsWithOneBosIfTokenizerAddsIt() {
    Tokenizer llama = tokenizer(RandomVocabulary.Kind.LLAMA_BPE);
    int bos = llama.vocabulary().bos().orElseThrow();
    int[] written = ChatTokens.of(PromptText.trusted("<|begin_of_text|>a"), llama);
    int[] added = ChatTokens.of(PromptText.trusted("a"), llama);
    assertThat(written).isEqualTo(added).startsWith(bos).doesNotHaveDuplicates();
    assertThat(ChatTokens.of(PromptText.trusted(""), llama)).containsExactly(bos);
  }

  @Test
  void untrustedBosIsText() {
    Tokenizer llama = tokenizer(RandomVocabulary.Kind.LLAMA_BPE);
    int[] tokens = ChatTokens.of(PromptText.untrusted("<|begin_of_text|>"), llama);
    int bos = llama.vocabulary().bos().orElseThrow();
    assertThat(tokens).startsWith(bos).hasSizeGreaterThan(2);
    assertThat(Arrays.stream(tokens).filter(id -> id == bos)).hasSize(1);
  }

  @Test
  void hasNoBosIfTokenizerDoesNotAddIt() {
    Tokenizer qwen = tokenizer(RandomVocabulary.Kind.QWEN2);
    PromptText prompt =
        new PromptText(List.of(new Span("<|im_start|>", true), new Span("<|im_end|>", false)));
    int[] tokens = ChatTokens.of(prompt, qwen);
    assertThat(tokens[0]).isEqualTo(qwen.encode("<|im_start|>", false, true)[0]);
    assertThat(tokens).doesNotContain(qwen.encode("<|im_end|>", false, true)[0]);
    assertThat(tokens).doesNotContain(qwen.vocabulary().bos().orElseThrow());
  }
}
