#include "fault/natural_forms.h"

#include <fstream>

#include "support/applicants.h"

namespace sealdesk::test {

void write_natural_forms(const std::filesystem::path& inbox,
                         const std::vector<NaturalForm>& forms) {
    std::filesystem::create_directories(inbox);
    std::ofstream csv(inbox / "forms-registration.csv");
    csv << "record_number,received_on,applicant_kind,applicant_name,id_number,birth_date,"
           "residence,registered_address,contact_name,contact_phone,contact_email,"
           "contact_address,certificate_kind,slip_delivery,documents,terms_accepted,"
           "seal_scan\n";
    for (const NaturalForm& form : forms) {
        const std::string id = national_id(form.applicant);
        const std::string scan = id + ".png";
        std::ofstream(inbox / scan, std::ios::binary)
            << image::encode_png(draw_seal("seal of " + id));
        csv << form.record << ",115/11/20,自然人,吳𠮷," << id
            << ",80/01/02,有,100臺北市中正區延平南路85號,張㛢,02-2370-8886," << form.email
            << ",300新竹市東區中山路5段202號9樓,IC卡," << form.delivery << "," << form.documents
            << ",是," << scan << "\n";
    }
}

}  // namespace sealdesk::test
