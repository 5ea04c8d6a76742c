#include "mls/datasheet/signature.h"

#include <bit>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_documents.h"

namespace mls::datasheet {
namespace {

using testing::HasSubstr;

// The examples of RFC 8785, sections 3.2.2 to 3.2.4 and appendix B.
TEST(Canonical, WritesTheExampleOfTheStandard) {
  const auto document = Parse(R"({"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]})");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(*Canonical(*document),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(Canonical, SortsKeysByUtf16CodeUnits) {
  const auto document =
      Parse(R"({"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7})");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(*Canonical(*document), "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\xEF\xAC\xB3\":3}");
}

// RFC 8785, appendix B: all of its samples by their bits.
TEST(Canonical, WritesNumbersAsEcmaScriptDoes) {
  const std::pair<uint64_t, const char*> cases[] = {{0x0000000000000000, "0"},
                                                    {0x8000000000000000, "0"},
                                                    {0x0000000000000001, "5e-324"},
                                                    {0x8000000000000001, "-5e-324"},
                                                    {0x7fefffffffffffff, "1.7976931348623157e+308"},
                                                    {0xffefffffffffffff, "-1.7976931348623157e+308"},
                                                    {0x4340000000000000, "9007199254740992"},
                                                    {0xc340000000000000, "-9007199254740992"},
                                                    {0x4430000000000000, "295147905179352830000"},
                                                    {0x44b52d02c7e14af5, "9.999999999999997e+22"},
                                                    {0x44b52d02c7e14af6, "1e+23"},
                                                    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
                                                    {0x444b1ae4d6e2ef4e, "999999999999999700000"},
                                                    {0x444b1ae4d6e2ef4f, "999999999999999900000"},
                                                    {0x444b1ae4d6e2ef50, "1e+21"},
                                                    {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
                                                    {0x3eb0c6f7a0b5ed8d, "0.000001"},
                                                    {0x41b3de4355555553, "333333333.3333332"},
                                                    {0x41b3de4355555554, "333333333.33333325"},
                                                    {0x41b3de4355555555, "333333333.3333333"},
                                                    {0x41b3de4355555556, "333333333.3333334"},
                                                    {0x41b3de4355555557, "333333333.33333343"},
                                                    {0xbecbf647612f3696, "-0.0000033333333333333333"},
                                                    {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const auto& [bits, text] : cases) EXPECT_EQ(*Canonical(Json(std::bit_cast<double>(bits))), text);
  for (const uint64_t bits : {0x7fffffffffffffffu, 0x7ff0000000000000u})
    EXPECT_FALSE(Canonical(Json(std::bit_cast<double>(bits))).ok());
  EXPECT_EQ(*Canonical(Json(1.0)), *Canonical(Json(1)));
}

TEST(Canonical, RefusesIntegersThatItWouldChange) {
  for (const int64_t value : {9007199254740993, -9007199254740993})
    EXPECT_THAT(Canonical(Json{{"a", value}}).problem().text(), HasSubstr("/a"));
  EXPECT_EQ(*Canonical(Json(int64_t{9007199254740992})), "9007199254740992");
}

TEST(Sha256Hex, MatchesTheTestVectorOfFips180) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

class Signature : public testing::Test {
 protected:
  const Json document_ = LoadTestFile("minimal.json");
  const KeyPair key_ = *MakeKeyPair();
  const Json envelope_ = *Sign(document_, key_.private_pem);
};

TEST_F(Signature, HoldsForTheSameContentInAnyLayoutAndOrder) {
  Json other = Json::object();
  for (auto it = document_.rbegin(); it != document_.rend(); ++it) other[it.key()] = it.value();
  const auto statement = CheckSignature(other, envelope_, key_.public_pem);
  ASSERT_TRUE(statement.ok()) << statement.problem().text();
  EXPECT_EQ((*statement)["_type"], "https://in-toto.io/Statement/v1");
  EXPECT_EQ((*statement)["subject"][0]["digest"]["sha256"], *DatasheetSha256(document_));
}

TEST_F(Signature, FailsWhenOneDigitChanges) {
  Json other = document_;
  other["model"]["performance"]["tests"][0]["counts"]["true_positive"] = 91;
  EXPECT_THAT(CheckSignature(other, envelope_, key_.public_pem).problem().expected, HasSubstr("this datasheet"));
}

TEST_F(Signature, FailsWithAnotherKeyABrokenSignatureOrNoEnvelope) {
  EXPECT_EQ(CheckSignature(document_, envelope_, MakeKeyPair()->public_pem).problem().where, "/signatures");
  Json broken = envelope_;
  std::string signature = broken["signatures"][0]["sig"];
  signature[10] = signature[10] == 'A' ? 'B' : 'A';
  broken["signatures"][0]["sig"] = signature;
  EXPECT_FALSE(CheckSignature(document_, broken, key_.public_pem).ok());
  for (const char* text : {"{}", "[]", R"({"payloadType": "application/vnd.in-toto+json", "payload": "???"})"}) {
    EXPECT_FALSE(CheckSignature(document_, Json::parse(text), key_.public_pem).ok()) << text;
  }
}

TEST_F(Signature, RefusesWhatIsNoEd25519Key) {
  EXPECT_THAT(Sign(document_, "nonsense").problem().expected, HasSubstr("Ed25519 private key"));
  EXPECT_THAT(Sign(document_, key_.public_pem).problem().expected, HasSubstr("Ed25519 private key"));
}

}  // namespace
}  // namespace mls::datasheet
