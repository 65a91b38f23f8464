package dev.myelin.train.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The split by document, or of a single document. */
class ValidationSplitTest {
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.1, 0.25, 0.5})
  void takesWholeDocumentsUpToFraction(double fraction) {
    Corpus corpus = corpus(200);
    ValidationSplit split = ValidationSplit.of(corpus, fraction, 7);
    assertThat(size(split.validation())).isLessThanOrEqualTo((long) (fraction * corpus.size()));
    assertThat(size(split.validation())).isGreaterThan((long) (fraction * corpus.size()) - 10);
    assertThat(split.training()).doesNotContainAnyElementsOf(split.validation());
    List<Document> all = new ArrayList<>(split.training());
    all.addAll(split.validation());
    assertThat(all).containsExactlyInAnyOrderElementsOf(corpus.documents());
    assertThat(split.training()).isSubsetOf(corpus.documents()).isNotEmpty();
    // in corpus order
    List<Document> ordered = new ArrayList<>(corpus.documents());
    ordered.retainAll(split.validation());
    assertThat(split.validation()).isEqualTo(ordered);
  }

  @Test
  void dependsOnSeed() {
    Corpus corpus = corpus(100);
    assertThat(ValidationSplit.of(corpus, 0.1, 1)).isEqualTo(ValidationSplit.of(corpus, 0.1, 1));
    assertThat(ValidationSplit.of(corpus, 0.1, 1)).isNotEqualTo(ValidationSplit.of(corpus, 0.1, 2));
  }

  @Test
  void takesAtLeastOneDocument() {
    Corpus two = new Corpus(List.of(Document.of("a", "long ".repeat(99)), Document.of("b", "x")));
    assertThat(ValidationSplit.of(two, 1e-9, 0).validation())
        .extracting(Document::source)
        .containsExactly("b");
    Corpus equal = new Corpus(List.of(Document.of("a", "x"), Document.of("b", "x")));
    assertThat(ValidationSplit.of(equal, 1e-9, 0).validation()).hasSize(1);
    assertThat(ValidationSplit.of(equal, 0.5, 0).validation()).hasSize(1);
    assertThat(ValidationSplit.of(equal, 0, 0))
        .isEqualTo(new ValidationSplit(equal.documents(), List.of()));
  }

  @Test
  void splitsSingleDocumentAtLine() {
    String text = "a line of text\n".repeat(100);
    ValidationSplit split = ValidationSplit.of(one(text), 0.1, 0);
    assertThat(text(split.training())).isEqualTo("a line of text\n".repeat(90));
    assertThat(text(split.validation())).isEqualTo("a line of text\n".repeat(10));
  }

  @Test
  void splitsSingleDocumentAtWordOrCharacter() {
    String words = "first line\n" + "word ".repeat(200);
    ValidationSplit split = ValidationSplit.of(one(words), 0.1, 0);
    assertThat(text(split.training()) + text(split.validation())).isEqualTo(words);
    assertThat(text(split.validation())).startsWith("word ").hasSizeBetween(100, 155);
    String letters = "\u20ac".repeat(1000);
    split = ValidationSplit.of(one(letters), 0.3333, 0);
    assertThat(text(split.training()) + text(split.validation())).isEqualTo(letters);
    assertThat(text(split.validation())).hasSizeBetween(333, 335);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\ud83d\ude00", "x \n \n"})
  void rejectsTooShortDocument(String text) {
    assertThatThrownBy(() -> ValidationSplit.of(one(text), 0.5, 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("too short to split; expected more text");
    assertThat(ValidationSplit.of(one(text), 0, 0).training()).hasSize(1);
  }

  @Test
  void splitsTwoCharacters() {
    ValidationSplit split = ValidationSplit.of(one("xy"), 0.01, 0);
    assertThat(text(split.training())).isEqualTo("x");
    assertThat(text(split.validation())).isEqualTo("y");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 0.51, 1, Double.NaN, Double.POSITIVE_INFINITY})
  void rejectsFractionOutOfRange(double fraction) {
    assertThatThrownBy(() -> ValidationSplit.of(one("a b c"), fraction, 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("validation split = " + fraction + ": expected 0 to 0.5");
  }

  private static Corpus one(String text) {
    return new Corpus(List.of(Document.of("text", text)));
  }

  private static Corpus corpus(int documents) {
    List<Document> all = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      all.add(Document.of("d" + i, "x".repeat(1 + i % 50)));
    }
    return new Corpus(all);
  }

  private static long size(List<Document> documents) {
    return documents.stream().mapToLong(Document::size).sum();
  }

  private static String text(List<Document> documents) {
    assertThat(documents).hasSize(1);
    return documents.getFirst().text();
  }
}
