#include "scheme/names.h"
#include "scheme/parse.h"
#include "scheme/parse_counter.h"
#include "scheme/parse_words.h"

namespace sealdesk::scheme {

namespace {

using nlohmann::json;

Channel parse_channel(const json& node) {
    const auto channel = channel_from(node.get<std::string>());
    SEALDESK_CHECK(channel.has_value());  // the schema lists the channels
    return *channel;
}

std::vector<Delivery> parse_deliveries(const json& root) {
    std::vector<Delivery> deliveries;
    const json list = root.value("deliveries", json::array());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json& node = list[i];
        deliveries.push_back(
            {node.at("value").get<std::string>(), text_of(node.at("label")),
             words_of(node, "aliases"), parse_channel(node.at("slip")),
             parse_channel(node.at("goods")),
             parse_deadline(node.at("deadline"), at(at("/deliveries", i), "deadline"))});
    }
    return deliveries;
}

std::vector<ApplicantKind> parse_kinds(const json& root) {
    std::vector<ApplicantKind> kinds;
    const json& list = root.at("applicant_kinds");
    for (std::size_t i = 0; i < list.size(); ++i) {
        const json& node = list[i];
        kinds.push_back({node.at("key").get<std::string>(), text_of(node.at("label")),
                         words_of(node, "aliases"), parse_id_types(node, at("/applicant_kinds", i)),
                         words_of(node, "seals")});
    }
    return kinds;
}

Authority parse_authority(const json& node) {
    return {text_of(node.at("name")), text_of(node.at("address")),
            node.at("phone"),         word_or_none(node, "fax"),
            node.at("website"),       word_or_none(node, "account_website"),
            node.at("mail_from"),     text_of(node.at("mail_name"))};
}

RenewalPolicy parse_renewal(const json& node) {
    return {
        node.at("by") == "account" ? RenewalPolicy::By::Account : RenewalPolicy::By::PrimaryCard,
        node.at("months").get<int>(),
        node.at("once").get<bool>(),
        node.at("rule").get<std::string>(),
        node.at("held_rule").get<std::string>(),
        node.at("revoked_rule").get<std::string>()};
}

ExpiryPolicy parse_expiry(const json& node) {
    ExpiryPolicy policy;
    for (const json& stage : node.at("stages")) {
        policy.stages.push_back({stage.value("months", 0), stage.value("days", 0)});
    }
    policy.not_for = words_of(node, "not_for");
    policy.per_contact = node.at("bundle") == "contact";
    policy.tells_on_hold = node.at("on_hold") == "tell";
    policy.writes_letters = node.at("without_mail") == "letter";
    policy.rule = node.at("rule").get<std::string>();
    return policy;
}

std::optional<int> days_of(const json& node, const char* key) {
    return node.contains(key) ? std::optional(node.at(key).get<int>()) : std::nullopt;
}

SlipPolicy parse_slips(const json& root) {
    SlipPolicy policy;
    if (root.contains("e_delivery")) {
        const json& node = root["e_delivery"];
        policy.to_certificate = node.at("by").front() == "smime";
        policy.remind_after_days = days_of(node, "remind_after_days");
        policy.void_after_days = days_of(node, "void_after_days");
        policy.rule = word_or_none(node, "rule");
        if (policy.remind_after_days && policy.void_after_days &&
            *policy.remind_after_days >= *policy.void_after_days) {
            throw UnknownWord{"/e_delivery/remind_after_days",
                              "a reminder comes before the slip is void: give fewer days than in "
                              "void_after_days"};
        }
    }
    if (root.contains("slips")) {
        policy.void_paper_after_days = days_of(root["slips"], "void_unused_after_days");
        policy.paper_rule = word_or_none(root["slips"], "rule");
    }
    return policy;
}

SchemeParts build_scheme(const json& root) {
    SchemeParts parts;
    Scheme& scheme = parts.scheme;
    scheme.version = root.at("version").get<std::string>();
    scheme.title = text_of(root.at("title"));
    scheme.short_title = text_of(root.at("short_title"));
    scheme.authority = parse_authority(root.at("authority"));
    if (root.contains("accounts")) {
        const json& accounts = root["accounts"];
        scheme.accounts = AccountPolicy{accounts.at("prefix"), accounts.at("digits"),
                                        accounts.at("strikes"), accounts.at("password_length"),
                                        accounts.at("must_change_at_first_login")};
    }
    if (root.contains("user_codes")) {
        const json& codes = root["user_codes"];
        scheme.user_codes = UserCodePolicy{codes.at("min"), codes.at("max"), codes.at("strikes")};
    }
    if (root.contains("relying_agency")) {
        const json& agency = root["relying_agency"];
        scheme.relying_agency = RelyingAgency{text_of(agency.at("name")), agency.at("email")};
    }
    if (root.contains("accept_within_months")) {
        scheme.accept_within_months = root["accept_within_months"].get<int>();
    }
    if (root.contains("renewal")) {
        scheme.renewal = parse_renewal(root["renewal"]);
    }
    if (root.contains("expiry_notices")) {
        scheme.expiry_notices = parse_expiry(root["expiry_notices"]);
    }
    for (const json& node : root.value("key_files", json::array())) {
        scheme.key_files.push_back({node.at("name"), node.at("profiles")});
    }
    if (root.contains("cards")) {
        const json& cards = root["cards"];
        scheme.cards = {cards.at("keys") == "at_home", cards.at("pin_slip") == "apart",
                        cards.at("receipt_unlocks_activation").get<bool>()};
    }
    scheme.slips = parse_slips(root);
    scheme.officers_min = root.at("officers_min").get<std::int64_t>();
    scheme.profiles = words_of(root, "profiles");
    scheme.texts = texts_of(root);
    parse_counter_rules(root, scheme);
    parts.form_names = words_of(root, "forms");
    parts.kinds = parse_kinds(root);
    parts.deliveries = parse_deliveries(root);
    return parts;
}

}  // namespace

Result<SchemeParts> parse_scheme(const YamlDocument& document) {
    try {
        return build_scheme(document.content);
    } catch (const UnknownWord& word) {
        return reference_error(document, word);
    }
}

}  // namespace sealdesk::scheme
