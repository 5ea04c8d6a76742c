// Writes small .tflite files for tests, with every field under the test's control.
#pragma once

#include <cstdint>
#include <algorithm>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

namespace mls::test {

class ModelBuilder {
 public:
  struct Quantization {
    std::vector<float> scales;
    std::vector<int64_t> zero_points;
    int32_t dimension = 0;
  };
  struct Tensor {
    std::vector<int32_t> shape;
    int type = 9;  // int8
    Quantization quantization = {{1.0f}, {0}, 0};
    std::vector<uint8_t> data = {};  // Empty: computed at run time.
    bool is_variable = false;
    int buffer = -1;  // Overrides the buffer's index.
  };
  struct Option {
    int field;
    int bytes;  // 1 or 4
    int64_t value;
  };
  struct Operator {
    int code;
    std::vector<int32_t> inputs, outputs;
    int options_type = 0;
    std::vector<Option> options = {};
  };

  std::vector<Tensor> tensors;
  std::vector<Operator> operators;
  std::vector<int32_t> inputs, outputs;
  int32_t version = 3;
  int subgraphs = 1;

  int Add(Tensor tensor) {
    tensors.push_back(std::move(tensor));
    return static_cast<int>(tensors.size()) - 1;
  }

  template <typename T>
  static std::vector<uint8_t> Bytes(const std::vector<T>& values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }

  std::vector<uint8_t> Build() const {
    Writer w;
    w.Put(0, 4);
    for (char c : {'T', 'F', 'L', '3'}) w.Put(c, 1);
    const size_t root = w.WriteTable({
        {0, 4, version, {}},
        {1, 4, 0, [&] { return w.WriteTables(operators.size(), [&](size_t i) {
            return w.WriteTable({{0, 1, operators[i].code < 127 ? operators[i].code : 127, {}}, {3, 4, operators[i].code, {}}});
          }); }},
        {2, 4, 0, [&] { return w.WriteTables(static_cast<size_t>(subgraphs), [&](size_t) { return WriteSubgraph(w); }); }},
        {4, 4, 0, [&] { return w.WriteTables(tensors.size() + 1, [&](size_t i) {
            if (i == 0 || tensors[i - 1].data.empty()) return w.WriteTable({});
            return w.WriteTable({{0, 4, 0, [&w, this, i] { return w.WriteVector(tensors[i - 1].data, 1, 16); }}});
          }); }},
    });
    w.Patch(0, root);
    return w.bytes;
  }

 private:
  struct Field {
    int id;
    int bytes;
    int64_t value;
    std::function<size_t()> child;  // If set, the field is an offset to what this writes.
  };

  struct Writer {
    std::vector<uint8_t> bytes;

    void Put(int64_t value, int count) {
      for (int i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }
    void Align(size_t alignment, size_t ahead = 0) {
      while ((bytes.size() + ahead) % alignment != 0) bytes.push_back(0);
    }
    // Makes the offset at `at` point to `target`.
    void Patch(size_t at, size_t target) {
      const uint32_t offset = static_cast<uint32_t>(target - at);
      std::memcpy(bytes.data() + at, &offset, 4);
    }

    size_t WriteTable(const std::vector<Field>& fields) {
      Align(4);
      int slots = 0;
      for (const Field& field : fields) slots = std::max(slots, field.id + 1);
      const size_t vtable = bytes.size();
      std::vector<uint16_t> offsets(static_cast<size_t>(slots), 0);
      uint16_t size = 4;
      for (const Field& field : fields) {
        offsets[static_cast<size_t>(field.id)] = size;
        size = static_cast<uint16_t>(size + 4);
      }
      Put(4 + 2 * slots, 2);
      Put(size, 2);
      for (uint16_t offset : offsets) Put(offset, 2);
      Align(4);
      const size_t table = bytes.size();
      Put(static_cast<int64_t>(table - vtable), 4);
      for (const Field& field : fields) Put(field.value, 4);
      for (size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].child) Patch(table + 4 + 4 * i, fields[i].child());
      }
      return table;
    }

    size_t WriteVector(const std::vector<uint8_t>& data, size_t element_bytes, size_t alignment = 4) {
      Align(alignment, 4);
      const size_t start = bytes.size();
      Put(static_cast<int64_t>(data.size() / element_bytes), 4);
      bytes.insert(bytes.end(), data.begin(), data.end());
      return start;
    }

    size_t WriteTables(size_t count, const std::function<size_t(size_t)>& write) {
      Align(4);
      const size_t start = bytes.size();
      Put(static_cast<int64_t>(count), 4);
      bytes.resize(bytes.size() + 4 * count);
      for (size_t i = 0; i < count; ++i) {
        const size_t table = write(i);
        Patch(start + 4 + 4 * i, table);
      }
      return start;
    }
  };

  size_t WriteSubgraph(Writer& w) const {
    return w.WriteTable({
        {0, 4, 0, [&] { return w.WriteTables(tensors.size(), [&](size_t i) { return WriteTensor(w, i); }); }},
        {1, 4, 0, [&] { return w.WriteVector(Bytes(inputs), 4); }},
        {2, 4, 0, [&] { return w.WriteVector(Bytes(outputs), 4); }},
        {3, 4, 0, [&] { return w.WriteTables(operators.size(), [&](size_t i) { return WriteOperator(w, i); }); }},
    });
  }

  size_t WriteTensor(Writer& w, size_t i) const {
    const Tensor& t = tensors[i];
    std::vector<Field> fields = {
        {0, 4, 0, [&] { return w.WriteVector(Bytes(t.shape), 4); }},
        {1, 1, t.type, {}},
        {2, 4, t.buffer >= 0 ? t.buffer : static_cast<int>(i) + 1, {}},
        {5, 1, t.is_variable, {}},
    };
    if (!t.quantization.scales.empty()) {
      fields.push_back({4, 4, 0, [&] {
        return w.WriteTable({{2, 4, 0, [&] { return w.WriteVector(Bytes(t.quantization.scales), 4); }},
                             {3, 4, 0, [&] { return w.WriteVector(Bytes(t.quantization.zero_points), 8, 8); }},
                             {6, 4, t.quantization.dimension, {}}});
      }});
    }
    return w.WriteTable(fields);
  }

  size_t WriteOperator(Writer& w, size_t i) const {
    const Operator& op = operators[i];
    std::vector<Field> fields = {
        {0, 4, static_cast<int64_t>(i), {}},
        {1, 4, 0, [&] { return w.WriteVector(Bytes(op.inputs), 4); }},
        {2, 4, 0, [&] { return w.WriteVector(Bytes(op.outputs), 4); }},
    };
    if (op.options_type != 0) {
      fields.push_back({3, 1, op.options_type, {}});
      fields.push_back({4, 4, 0, [&] {
        std::vector<Field> options;
        for (const Option& option : op.options) options.push_back({option.field, option.bytes, option.value, {}});
        return w.WriteTable(options);
      }});
    }
    return w.WriteTable(fields);
  }
};

}  // namespace mls::test
