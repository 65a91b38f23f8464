package dev.myelin.cli.inspect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.CacheCost;
import dev.myelin.inspect.Group;
import dev.myelin.inspect.Histogram;
import dev.myelin.inspect.InspectedTensor;
import dev.myelin.inspect.Inspection;
import dev.myelin.inspect.MetadataEntry;
import dev.myelin.inspect.ModelShape;
import dev.myelin.inspect.TokenCost;
import dev.myelin.inspect.TokenizerSummary;
import dev.myelin.state.CacheType;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** An inspection as JSON. Values that are not in the file are null. */
final class InspectJson {
  private InspectJson() {}

  static ObjectNode of(Inspection i, boolean tensors) {
    ObjectNode root = Json.object();
    root.put("file", i.path().toString());
    root.put("gguf_version", i.version());
    root.put("files", i.files());
    root.put("file_bytes", i.fileBytes());
    root.put("file_type", i.fileType().name());
    root.put("file_type_guessed", i.fileType().guessed());
    root.set("model", model(i.shape()));
    root.set("parameters", parameters(i));
    root.set("components", groups("component", g -> g.label(), i.components(), i));
    root.set("types", groups("type", g -> g.ggmlName(), i.types(), i));
    root.set("cache", cache(i.cache()));
    ObjectNode unused = root.putObject("unused_tensors");
    i.ignored().forEach(unused::put);
    root.set("flops_per_token", flops(i));
    root.set("tokenizer", tokenizer(i.tokenizer()));
    root.set("metadata", metadata(i.metadata()));
    if (tensors) {
      root.set("tensors", tensors(i.tensors()));
    }
    return root;
  }

  private static ObjectNode model(ModelShape shape) {
    ObjectNode node = Json.object();
    node.put("architecture", shape.architecture().orElse(null));
    node.put("name", shape.name().orElse(null));
    node.put("layers", Json.orNull(shape.layers()));
    node.put("width", Json.orNull(shape.width()));
    node.put("feed_forward", Json.orNull(shape.feedForward()));
    node.put("context_length", Json.orNull(shape.contextLength()));
    node.put("heads", Json.orNull(shape.heads().query()));
    node.put("kv_heads", Json.orNull(shape.heads().keyValue()));
    node.put("heads_per_kv_head", Json.orNull(shape.heads().queryHeadsPerKvHead()));
    node.put("head_size", Json.orNull(shape.heads().size()));
    node.put("experts", shape.experts().count());
    node.put("experts_used", shape.experts().used());
    node.put("experts_shared", shape.experts().shared());
    return node;
  }

  private static ObjectNode parameters(Inspection i) {
    TokenCost activity = i.tokenCost();
    ObjectNode node = Json.object();
    node.put("total", i.total().parameters());
    node.put("active", activity.active());
    node.put("embedding_row", activity.embeddingRow());
    node.put("tied", activity.tied());
    node.put("bytes_per_token", activity.bytes());
    node.put("tensors", i.total().tensors());
    node.put("bytes", i.total().bytes());
    node.put("bits_per_weight", i.total().bitsPerWeight());
    return node;
  }

  private static <K> ArrayNode groups(
      String name, Function<K, String> label, List<Group<K>> groups, Inspection i) {
    ArrayNode array = Json.array();
    for (Group<K> group : groups) {
      ObjectNode node = array.addObject();
      node.put(name, label.apply(group.key()));
      node.put("tensors", group.tensors());
      node.put("parameters", group.parameters());
      node.put("bytes", group.bytes());
      node.put("bits_per_weight", group.bitsPerWeight());
      node.put("share_of_parameters", share(group.parameters(), i.total().parameters()));
      node.put("share_of_bytes", share(group.bytes(), i.total().bytes()));
    }
    return array;
  }

  private static double share(long part, long total) {
    return total == 0 ? 0 : (double) part / total;
  }

  private static ObjectNode cache(Optional<CacheCost> cache) {
    if (cache.isEmpty()) {
      return null;
    }
    ObjectNode node = Json.object();
    node.put("layers", cache.get().layers());
    node.put("values_per_token", cache.get().values());
    ObjectNode bytes = node.putObject("bytes_per_token");
    for (CacheType type : CacheType.values()) {
      bytes.put(type.name().toLowerCase(Locale.ROOT), cache.get().bytes().get(type));
    }
    node.put("sliding_window", Json.orNull(cache.get().slidingWindow()));
    return node;
  }

  private static ObjectNode flops(Inspection i) {
    ObjectNode node = Json.object();
    node.put("matmul", i.tokenCost().flops());
    node.put("attention_per_position", i.cache().map(CacheCost::flops).orElse(null));
    return node;
  }

  private static ObjectNode tokenizer(Optional<TokenizerSummary> tokenizer) {
    if (tokenizer.isEmpty()) {
      return null;
    }
    TokenizerSummary t = tokenizer.get();
    ObjectNode node = Json.object();
    node.put("model", t.kind());
    node.put("pre_tokenizer", t.preTokenizer().orElse(null));
    node.put("tokens", t.tokens());
    node.put("merges", t.merges());
    node.put("chat_template", t.chatTemplate());
    return node;
  }

  private static ArrayNode metadata(List<MetadataEntry> entries) {
    ArrayNode array = Json.array();
    for (MetadataEntry entry : entries) {
      ObjectNode node = array.addObject();
      node.put("key", entry.key());
      node.put("type", entry.type());
      if (entry.isArray()) {
        node.put("count", entry.count());
        ArrayNode first = node.putArray("first");
        entry.values().forEach(first::addPOJO);
      } else {
        node.putPOJO("value", entry.values().getFirst());
      }
    }
    return array;
  }

  /** Adds a histogram, or null, to each tensor in the map. */
  static void addHistograms(
      ObjectNode root, Inspection i, Map<TensorInfo, Optional<Histogram>> histograms) {
    for (int t = 0; t < i.tensors().size(); t++) {
      Optional<Histogram> histogram = histograms.get(i.tensors().get(t).info());
      if (histogram != null) {
        ObjectNode tensor = (ObjectNode) root.get("tensors").get(t);
        tensor.set("histogram", histogram.map(InspectJson::histogram).orElse(null));
      }
    }
  }

  /** The histograms with the names of their tensors. */
  static ArrayNode histograms(Map<TensorInfo, Optional<Histogram>> histograms) {
    ArrayNode array = Json.array();
    histograms.forEach(
        (tensor, histogram) -> {
          ObjectNode node = array.addObject();
          node.put("tensor", tensor.name());
          node.put("type", tensor.type().ggmlName());
          node.put("values", tensor.elements());
          node.set("histogram", histogram.map(InspectJson::histogram).orElse(null));
        });
    return array;
  }

  private static ObjectNode histogram(Histogram h) {
    ObjectNode node = Json.object();
    node.put("count", h.count());
    node.put("sampled", h.sampled());
    node.put("nan", h.nans());
    node.put("infinite", h.infinities());
    node.put("zero", h.zeros());
    node.put("min", number(h.min()));
    node.put("max", number(h.max()));
    node.put("mean", number(h.mean()));
    node.put("standard_deviation", number(h.standardDeviation()));
    node.put("low", number(h.low()));
    node.put("high", number(h.high()));
    node.put("below", h.below());
    node.put("above", h.above());
    ArrayNode bins = node.putArray("bins");
    h.bins().forEach(bins::add);
    return node;
  }

  /** JSON has no NaN. */
  private static Double number(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static ArrayNode tensors(List<InspectedTensor> tensors) {
    ArrayNode array = Json.array();
    for (InspectedTensor tensor : tensors) {
      ObjectNode node = array.addObject();
      node.put("name", tensor.info().name());
      node.put("component", tensor.component().label());
      node.put("layer", Json.orNull(tensor.layer()));
      node.put("type", tensor.info().type().ggmlName());
      ArrayNode shape = node.putArray("shape");
      tensor.info().shape().forEach(shape::add);
      node.put("parameters", tensor.parameters());
      node.put("bytes", tensor.info().bytes());
      node.put("file", tensor.info().part());
      node.put("offset", tensor.info().offset());
    }
    return array;
  }
}
