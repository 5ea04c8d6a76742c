#include "mls/interface/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "mls/interface/register_values.h"

namespace mls {
namespace {

TEST(Status, EveryCodeHasItsOwnName) {
  std::set<std::string> names;
  for (const NamedValue& v : kStatusValues) names.insert(StatusName(static_cast<Status>(v.value)));
  EXPECT_EQ(names.size(), std::size(kStatusValues));
  EXPECT_EQ(names.count("unknown status"), 0u);
}

TEST(Status, ANumberThatIsNoCodeHasANameToo) { EXPECT_STREQ(StatusName(static_cast<Status>(200)), "unknown status"); }

TEST(Status, TheTableOfTheWireListsTheCodesInOrder) {
  for (size_t i = 0; i < std::size(kStatusValues); ++i) EXPECT_EQ(kStatusValues[i].value, i);
}

TEST(Result, HoldsAValueOrAReason) {
  const Result<int> good = 7;
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good.status(), Status::kOk);
  EXPECT_EQ(*good, 7);
  const Result<int> bad = Status::kTimeout;
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.status(), Status::kTimeout);
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 5);
}

constexpr Result<int> Half(int number) {
  if (number % 2 != 0) return Status::kInvalidArgument;
  return number / 2;
}
static_assert(*Half(8) == 4 && Half(7).status() == Status::kInvalidArgument, "usable at compile time");

TEST(WireStatus, EveryRefusalTellsTheHostSomethingElse) {
  std::set<Status> seen;
  for (const NamedValue& v : kWireStatusValues) seen.insert(ToStatus(static_cast<WireStatus>(v.value)));
  EXPECT_EQ(seen.size(), std::size(kWireStatusValues));
  EXPECT_EQ(ToStatus(WireStatus::kOk), Status::kOk);
  EXPECT_EQ(ToStatus(static_cast<WireStatus>(99)), Status::kProtocol);
}

}  // namespace
}  // namespace mls
