package dev.myelin.inspect;

import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a checkpoint's header tells about its parameters: how many there are, where, in which types,
 * and what a token costs. No tensor data is read, and nothing is kept of the file.
 *
 * @param path the file as it was named
 * @param version of GGUF
 * @param files how many files it consists of
 * @param fileBytes bytes of all of them
 * @param fileType what the file is quantized to as a whole
 * @param total all tensors; its key is the path
 * @param components in the order of {@link Component}, those that have tensors
 * @param types most parameters first
 * @param cache empty where the file tells no attention
 * @param tensors in the file's order
 * @param metadata in the file's order
 */
public record Inspection(
    Path path,
    int version,
    int files,
    long fileBytes,
    ModelShape shape,
    FileType fileType,
    Group<Path> total,
    List<Group<Component>> components,
    List<Group<GgmlType>> types,
    Activity activity,
    Optional<CacheCost> cache,
    Optional<TokenizerSummary> tokenizer,
    List<InspectedTensor> tensors,
    List<MetadataEntry> metadata) {

  /** Inspects a file, which may be closed afterwards. */
  public static Inspection of(GgufFile file) {
    Keys keys = new Keys(file);
    ModelShape shape = ModelShape.of(keys);
    List<InspectedTensor> tensors = InspectedTensor.all(file.tensors());
    List<Group<GgmlType>> types = Group.by(t -> t.info().type(), tensors);
    types.sort(Comparator.comparingLong((Group<GgmlType> g) -> g.parameters()).reversed());
    return new Inspection(
        file.path(),
        file.version(),
        file.parts().size(),
        file.parts().stream().mapToLong(part -> part.byteSize()).sum(),
        shape,
        FileType.of(keys.whole("general.file_type"), types),
        Group.total(file.path(), tensors),
        Group.by(InspectedTensor::component, tensors),
        types,
        Activity.of(tensors, shape.experts(), keys.flag("attention.causal", true)),
        CacheCost.of(file, keys, shape),
        TokenizerSummary.of(keys),
        tensors,
        MetadataEntry.all(file));
  }

  /** Inspects a checkpoint, or all parts of a split one. */
  public static Inspection of(Path path) {
    return of(Checkpoint.of(path));
  }

  /** Likewise wherever it is. */
  public static Inspection of(Checkpoint checkpoint) {
    try (GgufFile file = checkpoint.open()) {
      return of(file);
    }
  }
}
