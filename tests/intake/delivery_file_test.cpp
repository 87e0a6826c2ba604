// The post's file of delivered items, as post offices and spreadsheets write it.
#include "intake/delivery_file.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;

class DeliveryFile : public ::testing::Test {
protected:
    std::vector<std::string> read(const std::string& bytes, const std::string& encoding = "") {
        std::ofstream(file_, std::ios::binary) << bytes;
        std::vector<std::string> rows;
        const Outcome outcome = read_delivery_file(file_, encoding, [&](const DeliveryRow& row) {
            rows.push_back(std::to_string(row.row) + " " + row.tracking + " " +
                           (row.trouble ? row.trouble->code
                                        : to_taipei_text(row.delivered_at) + " " + row.signed_by));
        });
        if (!outcome) {
            rows.push_back(outcome.error().code);
        }
        return rows;
    }

    test::TempFolder folder_;
    std::filesystem::path file_ = folder_.path() / "post.csv";
};

TEST_F(DeliveryFile, HeadingsAndSeparatorsMayDiffer) {
    EXPECT_THAT(read("\xEF\xBB\xBF掛號號碼,投遞日期,簽收人\r\nRR1234567,115/11/20 14:05,本人\r\n"),
                ElementsAre("2 RR1234567 2026-11-20 14:05 本人"));
    EXPECT_THAT(read("delivered_at;other;Tracking\n2026-11-20T09:30:15;x;rr 123 4567\n;;\n"),
                ElementsAre("2 RR1234567 2026-11-20 09:30 "));
    EXPECT_THAT(read("簽收時間\t郵件號碼\n1151120\t123456\n"),
                ElementsAre("2 123456 2026-11-20 00:00 "));
}

TEST_F(DeliveryFile, Big5IsRead) {
    // 掛號號碼,投遞日期,簽收人 and 王 by iconv -t BIG5
    EXPECT_THAT(read("\xB1\xBE\xB8\xB9\xB8\xB9\xBD\x58,\xA7\xEB\xBB\xBC\xA4\xE9\xB4\xC1,"
                     "\xC3\xB1\xA6\xAC\xA4\x48\nRR1234567,115/11/20,\xA4\xFD\n"),
                ElementsAre("2 RR1234567 2026-11-20 00:00 王"));
}

TEST_F(DeliveryFile, WhatCannotBeUsedIsARowWithAReason) {
    const std::string heading = "tracking,delivered_at,signed_by\n";
    EXPECT_THAT(read(heading + "R,115/11/20,\nRR1234567,,\nRR1234567,115/11/20 25:00,\n"
                               "RR1234567,115/02/30,\nRR1234567,115/11/20,a\x01\n"
                               "RR1234567,115/11/20,x,y,z\n"),
                ElementsAre("2 R parcel.tracking_needed", "3 RR1234567 delivery.moment",
                            "4 RR1234567 delivery.moment", "5 RR1234567 delivery.moment",
                            "6 RR1234567 delivery.signed_by", "7 RR1234567 2026-11-20 00:00 x"));
    EXPECT_THAT(read("tracking,signed_by\nRR1234567,x\n"), ElementsAre("file.missing_columns"));
    EXPECT_THAT(read(""), ElementsAre("file.missing_columns"));
    EXPECT_THAT(read(heading, "klingon"), ElementsAre("file.encoding"));
}

// 退件
TEST_F(DeliveryFile, ReturnedMailHasADayAndAReason) {
    const auto returned = [&](const std::string& bytes) {
        std::ofstream(file_, std::ios::binary) << bytes;
        std::vector<std::string> rows;
        const Outcome outcome = read_return_file(file_, "", [&](const ReturnRow& row) {
            rows.push_back(std::to_string(row.row) + " " + row.tracking + " " +
                           (row.trouble ? row.trouble->code
                                        : to_taipei_text(row.returned_at) + " " + row.reason));
        });
        if (!outcome) {
            rows.push_back(outcome.error().code);
        }
        return rows;
    };
    EXPECT_THAT(returned("掛號號碼;退件日期;退件原因\nrr 123456;115/11/25;查無此人\n"),
                ElementsAre("2 RR123456 2026-11-25 00:00 查無此人"));
    EXPECT_THAT(returned("tracking,returned_at,reason\nR,115/11/25,x\nRR123456,,x\n"
                         "RR123456,115/11/25,\n"),
                ElementsAre("2 R parcel.tracking_needed", "3 RR123456 return.moment",
                            "4 RR123456 return.reason"));
    EXPECT_THAT(returned("掛號號碼,投遞日期\nRR123456,115/11/25\n"),
                ElementsAre("file.missing_columns"));
}

}  // namespace
}  // namespace sealdesk::intake
