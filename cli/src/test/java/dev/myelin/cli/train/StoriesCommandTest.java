package dev.myelin.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.stories.StoryGenerator;
import dev.myelin.stories.StoryOptions.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code myelin stories}. */
class StoriesCommandTest {
  @TempDir static Path folder;

  @Test
  void endsStoriesWithSeparator() {
    Outcome outcome = Outcome.of("stories", "-n", 3, "-s", 7);
    StoryGenerator stories = StoryGenerator.of(Kind.STORY);
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      expected.append(stories.generate(7, i).text()).append("\n<|endoftext|>\n");
    }
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).isEqualTo(expected.toString());
    assertThat(outcome.err()).isEmpty();
    assertThat(Outcome.of("stories").out()).isEqualTo(Outcome.of("stories", "-s", 1).out());
    assertThat(Outcome.of("stories", "-n", 0).out()).isEmpty();
  }

  @Test
  void writesFile() throws Exception {
    Path file = folder.resolve("corpus.txt");
    Outcome outcome = Outcome.of("stories", "-n", 2000, "-o", file);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.status()).isZero();
    assertThat(Files.readString(file)).isEqualTo(Outcome.of("stories", "-n", 2000).out());
  }

  @Test
  void writesLabelledSentences() {
    Outcome outcome = Outcome.of("stories", "--kind", "sentiment", "-n", 100);
    assertThat(outcome.out()).hasLineCount(100);
    assertThat(outcome.out().lines()).allMatch(l -> l.matches(".+[.!] => (positive|negative)"));
  }

  @Test
  void rejectsWrongUsage() {
    Outcome kind = Outcome.of("stories", "--kind", "poem");
    assertThat(kind.status()).isEqualTo(2);
    assertThat(kind.err()).contains("kind 'poem': expected one of story, sentiment");
    Outcome count = Outcome.of("stories", "-n", -1);
    assertThat(count.status()).isEqualTo(2);
    assertThat(count.err()).contains("count -1: expected at least 0");
    Outcome folderIsNoFile = Outcome.of("stories", "-o", folder);
    assertThat(folderIsNoFile.status()).isEqualTo(1);
    assertThat(folderIsNoFile.err())
        .isEqualTo("myelin: " + folder + ": this is a folder: expected a file to write\n");
  }
}
