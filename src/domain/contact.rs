//! A contact as we restore it and as we read it back, with every property that Graph has for one; a distribution list is one too.

use chrono::NaiveDate;

use super::message::{Address, Delta, Transform};

/// Where somebody lives or works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostalAddress {
    /// Street, with line breaks.
    pub street: String,
    /// Town.
    pub city: String,
    /// State or region.
    pub state: String,
    /// Postal code.
    pub postal_code: String,
    /// Country or region, in words.
    pub country: String,
}

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    /// `image/jpeg`, …
    pub content_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Photo({} bytes)", self.content.len())
    }
}

/// A contact: everything that is restored and compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// What address books know it by: vCard's UID. Kept beside the id that Graph gives.
    pub uid: String,
    /// The name that is shown.
    pub display_name: String,
    /// The name that it is sorted by.
    pub file_as: String,
    /// `Dr.`
    pub title: String,
    /// First name.
    pub given_name: String,
    /// Middle names.
    pub middle_name: String,
    /// Family name.
    pub surname: String,
    /// `Jr.`
    pub generation: String,
    /// Initials.
    pub initials: String,
    /// Nickname.
    pub nick_name: String,
    /// How the given name is spoken.
    pub yomi_given_name: String,
    /// How the family name is spoken.
    pub yomi_surname: String,
    /// How the company's name is spoken.
    pub yomi_company_name: String,
    /// Electronic mail; a mailbox holds three.
    pub email_addresses: Vec<Address>,
    /// Chat.
    pub im_addresses: Vec<String>,
    /// Telephones at work; a mailbox holds two.
    pub business_phones: Vec<String>,
    /// Telephones at home; a mailbox holds two.
    pub home_phones: Vec<String>,
    /// The one that is carried around.
    pub mobile_phone: String,
    /// At work.
    pub business_address: PostalAddress,
    /// At home.
    pub home_address: PostalAddress,
    /// Elsewhere.
    pub other_address: PostalAddress,
    /// A page of the company.
    pub business_home_page: String,
    /// The company.
    pub company_name: String,
    /// The department.
    pub department: String,
    /// The room.
    pub office_location: String,
    /// The position.
    pub job_title: String,
    /// The profession.
    pub profession: String,
    /// The manager's name.
    pub manager: String,
    /// The assistant's name.
    pub assistant_name: String,
    /// The spouse's name.
    pub spouse_name: String,
    /// The children's names.
    pub children: Vec<String>,
    /// The birthday.
    pub birthday: Option<NaiveDate>,
    /// Notes.
    pub personal_notes: String,
    /// Category names.
    pub categories: Vec<String>,
    /// The picture.
    pub photo: Option<Photo>,
    /// It is a list of others.
    pub is_list: bool,
    /// Who is on the list: names and addresses, or what stood there in their place.
    pub members: Vec<Address>,
    /// What reading the original already changed.
    pub transforms: Vec<Transform>,
    /// What the target cannot hold of it.
    pub deltas: Vec<Delta>,
}
