#include "crypto/certificate.h"
#include "effects/papers.h"
#include "subscribers/certificate.h"

namespace sealdesk::effects {
namespace {

std::string text_about(const Matter& matter, const subscribers::Certificate& certificate,
                       const std::string& subject) {
    const scheme::Authority& authority = matter.scheme.authority;
    return "申請案號 Request: " + matter.request.number +
           "\n憑證序號 Serial number: " + certificate.serial + "\n憑證主體 Subject: " + subject +
           "\n有效期間 Valid: " + to_taipei_text(certificate.not_before) + " – " +
           to_taipei_text(certificate.not_after) +
           " (Asia/Taipei)\n\n"
           "憑證如附件。請檢查上列內容，如資料正確無誤，請連線至 " +
           authority.website +
           " 輸入憑證序號及申請時所設定之用戶代碼，辦理憑證接受作業；如有不符，請勿接受並與本中心聯"
           "絡。"
           "憑證接受後始予公布。\n"
           "Your certificate is attached. Check what stands above; if it is right, accept the "
           "certificate with its serial number and your user code. If it is not, do not accept "
           "it, and call us.\n\n" +
           authority.name.zh + "\n" + authority.phone + "\n";
}

}  // namespace

/// The certificate of a non-card subscriber, with the request to accept it (M 4.2.1.1 (4) B,
/// M 4.3.1 (2)). The job's key is the serial number.
Outcome run_certificate_mail(const Works& works, const queue::Job& job) {
    return store::transact(
        works.office.database, "effect.certificate-mail", [&](store::Tx& tx) -> Outcome {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            const auto certificate = subscribers::find_certificate(tx, job.key);
            if (!certificate) {
                throw_internal("certificate.missing", "A job tells of a certificate that is gone.");
            }
            const auto to = subscribers::current_contact(tx, certificate->subscriber);
            const auto parsed = crypto::Certificate::parse_keyless(certificate->der);
            if (!parsed) {
                return parsed.error();
            }
            if (!to.email.empty()) {
                const auto enqueued =
                    mail::enqueue(tx, sender_of(works, matter),
                                  {.dedup_key = "certificate:" + certificate->serial,
                                   .kind = "certificate",
                                   .subject_ref = matter.request.id.value(),
                                   .to = {to.name, to.email},
                                   .subject = matter.scheme.short_title.zh + "：憑證接受通知 " +
                                              matter.request.number,
                                   .text = text_about(matter, *certificate, parsed->subject()),
                                   .attachments = {{certificate->serial + ".cer",
                                                    "application/pkix-cert", certificate->der}}});
                if (!enqueued) {
                    return enqueued.error();
                }
            }
            return queue::complete(tx, job);
        });
}

}  // namespace sealdesk::effects
