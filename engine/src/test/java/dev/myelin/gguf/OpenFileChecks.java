package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads everything in an open file and checks the guarantees for open files. */
final class OpenFileChecks {
  private OpenFileChecks() {}

  static void checkAll(GgufFile file) {
    assertThat(file.version()).isBetween(2, 3);
    for (String key : file.metadata().keys()) {
      checkValue(file.metadata(), key);
    }
    checkTensors(file);
  }

  private static void checkValue(Metadata metadata, String key) {
    GgufValue value = metadata.value(key);
    assertThat(value.describe()).hasSizeLessThan(100);
    assertThat(value.toJava()).isNotNull();
    try {
      assertThat(metadata.u32(key)).isNotNegative();
    } catch (ModelFileException e) {
      assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}");
    }
    if (value instanceof GgufArray array) {
      checkElements(array);
    }
  }

  private static void checkElements(GgufArray array) {
    int step = Math.max(1, array.size() / 10_000);
    for (int i = 0; i < array.size(); i += step) {
      if (array.elementType() == GgufValueType.STRING) {
        MemorySegment bytes = array.bytes(i);
        for (long b = 0; b < bytes.byteSize(); b++) {
          bytes.get(ValueLayout.JAVA_BYTE, b);
        }
        assertThat(array.string(i).length()).isLessThanOrEqualTo((int) bytes.byteSize());
      } else {
        assertThat(array.toJava(i)).isNotNull();
      }
    }
    if (array.size() > 0) {
      array.toJava(array.size() - 1);
    }
  }

  private static void checkTensors(GgufFile file) {
    List<TensorInfo> sorted = new ArrayList<>(file.tensors());
    sorted.sort(Comparator.comparingInt(TensorInfo::part).thenComparingLong(TensorInfo::offset));
    long end = 0;
    int part = 0;
    for (TensorInfo tensor : sorted) {
      end = tensor.part() == part ? end : 0;
      part = tensor.part();
      assertThat(tensor.offset()).isGreaterThanOrEqualTo(end);
      assertThat(tensor.rank()).isBetween(1, 4);
      assertThat(tensor.shape()).allMatch(dim -> dim > 0);
      assertThat(tensor.dim(0) % tensor.type().blockSize()).isZero();
      assertThat(tensor.type().bytes(tensor.elements())).isEqualTo(tensor.bytes()).isPositive();
      MemorySegment data = file.data(tensor);
      assertThat(data.byteSize()).isEqualTo(tensor.bytes());
      data.get(ValueLayout.JAVA_BYTE, 0);
      data.get(ValueLayout.JAVA_BYTE, data.byteSize() - 1);
      assertThat(file.tensor(tensor.name())).contains(tensor);
      end = tensor.offset() + tensor.bytes();
      assertThat(end).isLessThanOrEqualTo(file.parts().get(part).byteSize());
    }
  }
}
