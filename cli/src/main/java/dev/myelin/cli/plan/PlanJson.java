package dev.myelin.cli.plan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.graph.Devices;
import dev.myelin.plan.KnownModel;
import dev.myelin.plan.MachineMemory;
import dev.myelin.plan.MemoryBandwidth;
import dev.myelin.plan.Plan;
import dev.myelin.plan.PlannedModel;
import java.util.List;
import java.util.Locale;

/** A plan as JSON. Unknown values are null. */
final class PlanJson {
  private PlanJson() {}

  static ObjectNode of(
      Plan plan, MachineMemory memory, MemoryBandwidth speed, Long trainingTokens) {
    ObjectNode root = Json.object();
    root.set("model", model(plan));
    ObjectNode cache = root.putObject("cache");
    cache.put("type", plan.cacheType().type().ggmlName());
    cache.put("context", plan.context());
    cache.put("bytes", plan.cacheBytes().isPresent() ? plan.cacheBytes().getAsLong() : null);
    root.set("machine", machine(memory, speed));
    if (trainingTokens != null) {
      ObjectNode training = root.putObject("training");
      training.put("tokens", trainingTokens);
      training.put("flops", plan.trainingFlops(trainingTokens));
    }
    root.set("quantizations", rows(plan, memory, speed));
    return root;
  }

  private static ObjectNode model(Plan plan) {
    PlannedModel subject = plan.model();
    ObjectNode node = Json.object();
    node.put("name", subject.name());
    node.put("source", subject.source().isEmpty() ? null : subject.source());
    node.put("parameters", subject.parameters());
    node.put("active", subject.active());
    node.put("experts", subject.experts().count());
    node.put("experts_used", subject.experts().used());
    node.put("flops_per_token", plan.flops());
    boolean known = !subject.tensors().isEmpty();
    node.put("reference_model", known ? null : Plan.reference(subject.parameters()).name());
    return node;
  }

  private static ObjectNode machine(MachineMemory memory, MemoryBandwidth speed) {
    ObjectNode node = Json.object();
    node.put("memory_bytes", memory.totalBytes());
    node.put("available_bytes", memory.availableBytes());
    node.put("bandwidth_bytes_per_second", speed.bytesPerSecond());
    node.put("measured", speed.isMeasured());
    node.put("threads", speed.isMeasured() ? speed.threads() : null);
    ArrayNode devices = node.putArray("devices");
    for (Devices.Device device : memory.devices()) {
      ObjectNode object = devices.addObject();
      object.put("name", device.name());
      object.put("description", device.description());
      object.put("type", device.kind().name().toLowerCase(Locale.ROOT));
      object.put("memory_bytes", device.totalBytes());
      object.put("free_bytes", device.freeBytes());
    }
    return node;
  }

  private static ArrayNode rows(Plan plan, MachineMemory memory, MemoryBandwidth speed) {
    ArrayNode array = Json.array();
    for (Plan.Row row : plan.rows()) {
      long total = plan.totalBytes(row);
      ObjectNode node = array.addObject();
      node.put("type", row.label());
      node.put("bits_per_weight", row.bitsPerWeight());
      node.put("weight_bytes", row.weightBytes());
      node.put("active_bytes", row.activeBytes());
      node.put("total_bytes", total);
      node.put("fits", memory.fit(total).label());
      ObjectNode devices = node.putObject("fits_device");
      memory.devices().forEach(d -> devices.put(d.name(), MachineMemory.fit(total, d).label()));
      node.put("tokens_per_second", plan.tokensPerSecond(row, speed).orElse(0));
    }
    return array;
  }

  static ArrayNode list(List<KnownModel> models) {
    ArrayNode array = Json.array();
    for (KnownModel model : models) {
      PlannedModel subject = PlannedModel.of(model);
      ObjectNode node = array.addObject();
      node.put("id", model.id());
      node.put("name", model.name());
      node.put("parameters", subject.parameters());
      node.put("active", subject.active());
      node.put("source", model.source());
    }
    return array;
  }
}
