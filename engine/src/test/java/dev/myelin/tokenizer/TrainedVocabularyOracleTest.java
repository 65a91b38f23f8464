package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.EnglishText;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.vocabulary.TrainedVocabulary;
import dev.myelin.train.vocabulary.VocabularyKind;
import dev.myelin.train.vocabulary.VocabularyOptions;
import dev.myelin.train.vocabulary.VocabularyTrainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trained vocabularies give the same tokens and decoded text in libllama. */
class TrainedVocabularyOracleTest {
  @TempDir Path folder;

  @BeforeAll
  static void load() {
    OracleVocabulary.load();
  }

  @Test
  void spmMatchesLibllama() {
    compareWithLibllama(VocabularyOptions.of(VocabularyKind.SPM, 3000));
  }

  @Test
  void spmWithFullCoverageMatchesLibllama() {
    compareWithLibllama(
        VocabularyOptions.of(VocabularyKind.SPM, 5800).withCoverage(1).withMinimumCount(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "gpt-2", "llama-bpe", "default", "deepseek-coder", "tekken"})
  void bpeMatchesLibllama(String preTokenizer) {
    compareWithLibllama(
        VocabularyOptions.of(VocabularyKind.BPE, 900).withPreTokenizer(preTokenizer));
  }

  private void compareWithLibllama(VocabularyOptions options) {
    TrainedVocabulary trained = VocabularyTrainer.train(documents(), options);
    assertThat(trained.size()).isEqualTo(options.size());
    Path path = folder.resolve("trained.gguf");
    trained.writeTo(new GgufWriter().put("general.architecture", "llama")).write(path);
    try (GgufFile file = GgufFile.open(path);
        OracleVocabulary oracle = OracleVocabulary.of(path)) {
      LibllamaComparison comparison = new LibllamaComparison(Tokenizer.of(file), oracle);
      comparison.compareVocabulary();
      comparison.compareTexts(TestTexts.all(options.hashCode(), TestTexts.RANDOM));
      EnglishText english = new EnglishText(99);
      List<String> stories = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        stories.add(english.story());
      }
      comparison.compareTexts(stories);
    }
  }

  /** Stories and all kinds of test texts. */
  private static List<Document> documents() {
    EnglishText english = new EnglishText(1);
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      documents.add(Document.of("story", english.story()));
    }
    for (String text : TestTexts.all(5, 400)) {
      documents.add(Document.of("text", TestTexts.wellFormed(text)));
    }
    return documents;
  }
}
