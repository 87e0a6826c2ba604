#include "effects/papers.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "requests/return_store.h"

namespace sealdesk::effects {
namespace {

std::string joined(std::span<const std::string> lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

std::string roc_day(Instant at) { return to_roc_text(day_in_taipei(at)); }

std::string result_text(News::Kind kind, Language language) {
    const bool approved = kind == News::Kind::Approved;
    if (language == Language::English) {
        return approved ? "approved" : "rejected";
    }
    return approved ? "核准" : "不予核准";
}

std::string explanation_of(const Matter& matter, const News& news) {
    if (news.kind == News::Kind::Approved) {
        const std::string reply = matter.text(news.text).zh;
        const std::string after = matter.text("after").zh;
        return reply + (after.empty() ? "" : "\n" + after);
    }
    return "台端申請經審驗不予核准，理由如下。如仍有需要，請備齊文件重新提出申請。";
}

/// What lies in the envelope beside the letter; empty when the form brings nothing.
std::string enclosed_with(const Matter& matter) {
    if (std::ranges::find(matter.form.effects, "slip", &scheme::Effect::kind) ==
        matter.form.effects.end()) {
        return "";
    }
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    const bool electronic = chosen != nullptr && chosen->slip == scheme::Channel::Electronic;
    return electronic ? "收據（含電子密碼單開啟碼）" : "憑證作業網站密碼單";
}

}  // namespace

slips::Fields head_fields(const scheme::Scheme& scheme) {
    const scheme::Authority& authority = scheme.authority;
    return {{"scheme_title", scheme.title.zh},
            {"authority_name", authority.name.zh},
            {"authority_address", authority.address.zh},
            {"authority_phone", authority.phone}};
}

News news_of(store::Tx& tx, const Matter& matter, const requests::Decision& decision) {
    News news{News::Kind::Approved};
    const std::string by_ground = "reply_" + matter.value(matter.form.roles.ground);
    if (matter.form.texts.contains(by_ground)) {
        news.text = by_ground;
    }
    if (decision.outcome == requests::to_text(requests::Verdict::Reject)) {
        news.kind = News::Kind::Rejected;
    } else if (decision.outcome == requests::to_text(requests::Verdict::Return)) {
        news.kind = News::Kind::Returned;
        const auto stay =
            requests::return_decided_on(tx, decision.request, decision.request_version);
        news.last_day_roc = stay ? stay->last_day_roc() : "";
        news.last_day_iso = stay ? stay->last_day_iso() : "";
    }
    for (const auto& reason : nlohmann::json::parse(decision.reasons)) {
        news.reasons.push_back(reason.get<std::string>());
    }
    return news;
}

slips::Delivery paper_delivery(const Matter& matter) {
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    const bool picked_up = chosen != nullptr && chosen->goods == scheme::Channel::Counter &&
                           chosen->slip == scheme::Channel::Counter;
    return picked_up ? slips::Delivery::Counter : slips::Delivery::Post;
}

slips::Fields slip_texts(const Matter& matter) {
    slips::Fields fields = head_fields(matter.scheme);
    const scheme::Authority& authority = matter.scheme.authority;
    fields["website"] =
        authority.account_website.empty() ? authority.website : authority.account_website;
    if (matter.scheme.accounts) {
        fields["strikes"] = std::to_string(matter.scheme.accounts->strikes);
    }
    return fields;
}

slips::Fields receipt_fields(const Matter& matter, std::span<const requests::Charge> fees,
                             Instant now) {
    slips::Fields fields = head_fields(matter.scheme);
    std::vector<std::string> items;
    std::vector<std::string> amounts;
    std::int64_t total = 0;
    for (const scheme::Fee& fee : scheme::fees_due(matter.form, matter.values)) {
        items.push_back(fee.label.zh);
        amounts.push_back(std::to_string(fee.amount_twd));
    }
    for (const requests::Charge& line : fees) {
        total += line.amount_twd;
        fields["receipt_number"] = line.receipt_number;
    }
    if (items.empty()) {
        items.emplace_back("免收費用");
        amounts.emplace_back("0");
    }
    const scheme::Delivery* chosen =
        matter.form.find_delivery(matter.value(matter.form.roles.delivery));
    fields["request_number"] = matter.request.number;
    fields["form_title"] = matter.form.title.zh;
    fields["applicant_name"] = matter.request.applicant_name;
    fields["issued_on"] = roc_day(now);
    fields["delivery_label"] = chosen == nullptr ? "現場領取" : chosen->label.zh;
    fields["fee_items"] = joined(items);
    fields["fee_amounts"] = joined(amounts);
    fields["total"] = std::to_string(total);
    return fields;
}

slips::Fields letter_fields(const Matter& matter, const News& news, const subscribers::Contact& to,
                            Instant now) {
    slips::Fields fields = head_fields(matter.scheme);
    fields["recipient_name"] = to.name;
    fields["recipient_address"] = to.address;
    fields["postal_code"] = to.postal_code;
    fields["issued_on"] = roc_day(now);
    fields["request_number"] = matter.request.number;
    fields["form_title"] = matter.form.title.zh;
    fields["received_on"] = roc_day(matter.request.received_at);
    fields["applicant_name"] = matter.request.applicant_name;
    if (!news.reasons.empty()) {
        fields["reasons"] = joined(news.reasons);
    }
    if (news.kind == News::Kind::Returned) {
        if (!news.last_day_roc.empty()) {
            fields["due_on"] = news.last_day_roc;
        }
        return fields;
    }
    fields["result"] = result_text(news.kind, Language::Chinese);
    fields["result_en"] = result_text(news.kind, Language::English);
    fields["explanation"] = explanation_of(matter, news);
    if (news.kind == News::Kind::Approved && !enclosed_with(matter).empty()) {
        fields["enclosed"] = enclosed_with(matter);
    }
    return fields;
}

mail::OutgoingMail news_mail(const std::string& dedup_key, const Matter& matter, const News& news,
                             const subscribers::Contact& to) {
    const scheme::Authority& authority = matter.scheme.authority;
    const bool returned = news.kind == News::Kind::Returned;
    const bool applied = matter.form.origin == scheme::Origin::Applicant;
    const std::string result = !applied ? matter.form.short_title.zh + "通知"
                               : returned
                                   ? "請補正"
                                   : "審驗結果：" + result_text(news.kind, Language::Chinese);
    std::string body = to.name + " 您好：\n\n" + (applied ? "申請案號 " : "案號 ") +
                       matter.request.number + "（" + matter.form.title.zh + "）\n" + result +
                       "\n\n";
    if (news.kind == News::Kind::Approved) {
        body += explanation_of(matter, news) + "\n\n" + matter.text(news.text).en + "\n" +
                matter.text("after").en + "\n";
    } else {
        body += "理由 Reasons：\n" + joined(news.reasons) + "\n\n";
        if (!news.last_day_roc.empty()) {
            body += "補正期限 Until：" + news.last_day_roc + "（" + news.last_day_iso +
                    "，含當日 that day included）\n\n";
        }
        body += (returned ? "Please correct your form as stated above. Our letter follows.\n"
                          : "Your request was rejected for the reasons above. Our letter "
                            "follows.\n");
    }
    body += "\n" + authority.name.zh + "\n" + authority.phone + "\n" + authority.website + "\n";
    return {.dedup_key = dedup_key,
            .kind = "result",
            .subject_ref = matter.request.id.value(),
            .to = {to.name, to.email},
            .subject =
                matter.scheme.short_title.zh + "：申請案 " + matter.request.number + " " + result,
            .text = body};
}

Notice notice_of(const Matter& matter, const News& news) {
    return {matter.form.title.zh + "，請查照。", matter.text(news.text)};
}

slips::Fields notice_fields(const Matter& matter, const Notice& notice,
                            const subscribers::Contact& to, Instant now) {
    slips::Fields fields = head_fields(matter.scheme);
    fields["recipient_name"] = to.name;
    fields["recipient_address"] = to.address;
    fields["postal_code"] = to.postal_code;
    fields["issued_on"] = roc_day(now);
    fields["request_number"] = matter.request.number;
    fields["applicant_name"] = matter.request.applicant_name;
    fields["id_number"] = matter.request.id_number;
    fields["subject"] = notice.subject;
    fields["explanation"] = notice.explanation.zh;
    fields["explanation_en"] = notice.explanation.en;
    return fields;
}

mail::OutgoingMail notice_mail(const std::string& dedup_key, const Matter& matter,
                               const Notice& notice, const subscribers::Contact& to) {
    const scheme::Authority& authority = matter.scheme.authority;
    return {.dedup_key = dedup_key,
            .kind = "notice",
            .subject_ref = matter.request.id.value(),
            .to = {to.name, to.email},
            .subject = matter.scheme.short_title.zh + "：" + notice.subject,
            .text = to.name + " 您好：\n\n案號 " + matter.request.number + "\n" + notice.subject +
                    "\n\n" + notice.explanation.zh + "\n\n" + notice.explanation.en + "\n\n" +
                    authority.name.zh + "\n" + authority.phone + "\n" + authority.website + "\n"};
}

Outcome tell_notice(store::Tx& tx, const Works& works, const Matter& matter, const Notice& notice,
                    const subscribers::Contact& to, const std::string& key) {
    if (to.email.empty()) {
        slips::add_print_item(tx, {slips::PrintKind::Letter, matter.request.id,
                                   slips::Delivery::Post, matter.scheme.id, "notice-letter",
                                   notice_fields(matter, notice, to, tx.now()), key});
        return done();
    }
    const auto enqueued =
        mail::enqueue(tx, sender_of(works, matter), notice_mail(key, matter, notice, to));
    return enqueued ? done() : enqueued.error();
}

mail::MailIdentity sender_of(const Works& works, const Matter& matter) {
    const scheme::Authority& authority = matter.scheme.authority;
    return {{authority.mail_name.zh, authority.mail_from},
            authority.mail_from,
            works.message_id_domain};
}

}  // namespace sealdesk::effects
