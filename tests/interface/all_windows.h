// Every window that has a structure of its own, for tests that hold for all of them.
#pragma once

#include <gtest/gtest.h>

#include <type_traits>

#include "mls/interface/windows.h"

namespace mls {

// Calls f(std::type_identity<W>{}) for the structure of every window.
template <typename F>
void ForEachWindow(F f) {
  const auto call = [&]<typename... W>(std::type_identity<W>... types) {
    static_assert(sizeof...(W) + 1 == kWindowCount, "every window but event_data has one structure");
    const auto one = [&]<typename V>(std::type_identity<V> type) {
      SCOPED_TRACE(kWindowOf<V>.name);
      f(type);
    };
    (one(types), ...);
  };
  call(std::type_identity<Ident>{}, std::type_identity<ModuleStatus>{}, std::type_identity<LatestResult>{},
       std::type_identity<EventHeader>{}, std::type_identity<Config>{}, std::type_identity<Control>{},
       std::type_identity<PowerCounters>{}, std::type_identity<Privacy>{}, std::type_identity<SelfTestReport>{},
       std::type_identity<Identity>{}, std::type_identity<FirmwareHashHalf>{}, std::type_identity<ModelHashHalf>{},
       std::type_identity<DatasheetHashHalf>{}, std::type_identity<LabelText>{}, std::type_identity<CrashText>{},
       std::type_identity<SoftAddress>{});
}

}  // namespace mls
