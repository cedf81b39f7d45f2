"""Properties that the service's schema has and the catalogue does not: accepted, and not kept.

Whoever sends one of them is not refused (clients send whole objects); a name that stands in neither place is
invalid.
"""

from __future__ import annotations

ACCEPTED: dict[str, frozenset[str]] = {
    "Account": frozenset(
        "AccountEx AccountPurposes AcctNumExtn AttachableRef BankNum CustomField FIName JournalCodeRef OnlineBankingEnabled OpeningBalance OpeningBalanceDate TaxAccount".split()
    ),
    "Attachable": frozenset("AttachableEx CustomField documentId".split()),
    "Bill": frozenset(
        "AttachableRef BillEmail BillEx CustomField HomeTotalCostAmount LessCIS Memo PayerRef ProjectRef RecurringInfo RemitToAddr ReplyEmail ShipAddr Tag TaxFormNum TaxFormType TotalCostAmount TxnApprovalInfo TxnSource TxnStatus TxnSubType VendorAddr".split()
    ),
    "BillPayment": frozenset(
        "AttachableRef BillPaymentEx CustomField HomeTotalCostAmount LinkedTxn ProjectRef RecurDataRef RecurringInfo Tag TaxFormNum TaxFormType TotalCostAmount TxnApprovalInfo TxnSource TxnStatus TxnSubType TxnTaxDetail VendorAddr".split()
    ),
    "Budget": frozenset("AttachableRef CustomField".split()),
    "Class": frozenset("AttachableRef ClassEx CustomField".split()),
    "CompanyCurrency": frozenset("AttachableRef CompanyCurrencyEx".split()),
    "CompanyInfo": frozenset(
        "AttachableRef CompanyEmailAddr CompanyFileName CompanyInfoEx CompanyURL CompanyUserAdminEmail CompanyUserId CustomField CustomerCommunicationEmailAddr DefaultTimeZone Fax FifoCalculationStatus FlavorStratum LastImportedTime LastSyncTime Mobile MultiByteCharsSupported OtherAddr OtherContactInfo QBVersion SampleFile ShipAddr TaxYearStartMonth".split()
    ),
    "CreditCardPaymentTxn": frozenset(
        "AttachableRef CreditCardPaymentEx CustomField DepartmentRef DocNumber ExchangeRate HomeTotalCostAmount Line LinkedTxn ProjectRef RecurDataRef RecurringInfo Tag TaxFormNum TaxFormType TotalCostAmount TransactionLocationType TxnApprovalInfo TxnSource TxnStatus TxnSubType TxnTaxDetail".split()
    ),
    "CreditMemo": frozenset(
        "ARAccountRef AttachableRef AutoDocNumber BillEmailBcc BillEmailCc CheckPayment CreditCardPayment CreditMemoEx DeliveryInfo DepositToAccountRef DiscountAmt DiscountRate DueDate FOB FinanceCharge FreeFormAddress GovtTxnRefIdentifier HomeTotalCostAmount LinkedTxn PONumber PaymentRefNum PaymentType RecurringInfo RemitToRef SalesRepRef ShipDate ShipFromAddr ShipMethodRef ShippingTaxIncludedInTotalTax Tag TaxFormNum TaxFormType TemplateRef TotalCostAmount TrackingNum TxnApprovalInfo TxnSource TxnStatus TxnSubType".split()
    ),
    "Customer": frozenset(
        "AcctNum AltContactName AttachableRef CCDetail ClientCompanyId ClientEntityId ContactName CreditLimit CustomField CustomerEx IntuitId IsCISContractor JobInfo Organization OtherAddr OtherContactInfo OverDueBalance PriceLevelRef RootCustomerRef SalesRepRef TDSEnabled TaxGroupCodeRef TaxRateRef TaxRegime TotalExpense TotalRevenue UserId V4IDPseudonym".split()
    ),
    "CustomerType": frozenset("AttachableRef CustomField FullyQualifiedName ParentRef".split()),
    "Department": frozenset("Address AttachableRef CustomField DepartmentEx".split()),
    "Deposit": frozenset(
        "AttachableRef CustomField DepositEx DocNumber HomeTotalCostAmount LinkedTxn ProjectRef RecurringInfo Tag TaxFormNum TaxFormType TotalCostAmount TxnApprovalInfo TxnStatus TxnSubType".split()
    ),
    "Employee": frozenset(
        "AlternatePhone AttachableRef CompanyName CustomField DefaultTaxCodeRef EmployeeEx EmployeeType Fax FullyQualifiedName IntuitId Notes OtherAddr OtherContactInfo UseTimeEntry UserId WebAddr".split()
    ),
    "Estimate": frozenset(
        "ARAccountRef AttachableRef AutoDocNumber Balance BillEmailBcc BillEmailCc CheckPayment CreditCardPayment DepositToAccountRef DiscountAmt DiscountRate EstimateEx FOB FinanceCharge GovtTxnRefIdentifier HomeBalance HomeTotalCostAmount PONumber PaymentMethodRef PaymentRefNum PaymentType RecurringInfo RemitToRef SalesRepRef ShippingTaxIncludedInTotalTax Tag TaxFormNum TaxFormType TemplateRef TotalCostAmount TrackingNum TxnApprovalInfo TxnSource TxnSubType".split()
    ),
    "ExchangeRate": frozenset("AttachableRef ExchangeRateEx".split()),
    "Invoice": frozenset(
        "ARAccountRef AllowOnlineAffirmPayment AllowOnlinePayPalPayment AttachableRef AutoDocNumber AutoPayEligible CfdiUse CheckPayment ConvenienceFeeDetail CreditCardPayment DiscountAmt DiscountRate ECloudStatusTimeStamp EInvoiceStatus EnabledSurchargeInfo Exportation FOB FinanceCharge FinancingProductType GlobalInfo GovtTxnRefIdentifier GratuityEnabled HomeTotalCostAmount InvoiceEx InvoiceLinkExpiryDate InvoiceLinkSecurityCode LessCIS PONumber PaymentDetailsMessage PaymentMethodRef PaymentRefNum PaymentType RecurringInfo RemitToRef SalesRepRef SchedulePayEligible ScheduledPaymentId ShippingTaxIncludedInTotalTax SubscriptionPaymentsSetting Tag TaxFormNum TaxFormType TemplateRef TotalCostAmount TxnApprovalInfo TxnRetainageDetail TxnStatus TxnSubType callToAction invoiceStatus invoiceStatusLog".split()
    ),
    "Item": frozenset(
        "AttachableRef AvgCost BuildPoint COGSAccountRef CustomExtensions CustomField DeferredRevenue DepositToAccountRef ItemAssemblyDetail ItemEx ManPartNum PaymentMethodRef PercentBased QtyOnPurchaseOrder QtyOnSalesOrder RatePercent SpecialItem SpecialItemType UOMSetRef".split()
    ),
    "JournalCode": frozenset("AttachableRef JournalCodeEx".split()),
    "JournalEntry": frozenset(
        "AttachableRef CustomField DepartmentRef EnteredInHomeCurrency HomeCurrencyAdjustment HomeTotalCostAmount JournalEntryEx LinkedTxn ProjectRef RecurringInfo Tag TaxFormNum TaxFormType TotalCostAmount TxnApprovalInfo TxnSource TxnStatus TxnSubType".split()
    ),
    "Payment": frozenset(
        "ARAccountRef AttachableRef CheckPayment CustomField DepartmentRef DocNumber HomeTotalCostAmount PaymentEx PaymentExtendedType PaymentType RecurDataRef RecurringInfo RemitToRef Tag TaxFormNum TaxFormType TotalCostAmount TxnApprovalInfo TxnStatus TxnSubType TxnTaxDetail".split()
    ),
    "PaymentMethod": frozenset("AttachableRef CustomField PaymentMethodEx".split()),
    "Preferences": frozenset(
        "AdvancedInventoryPrefs AttachableRef CustomField FinanceChargesPrefs PrintDocumentPrefs".split()
    ),
    "Purchase": frozenset(
        "AttachableRef CheckPayment CreditCardPayment CustomField HomeTotalCostAmount LessCIS Memo PaymentMethodRef PaymentRefNum ProjectRef RecurringInfo Tag TaxFormNum TaxFormType TotalCostAmount TxnApprovalInfo TxnId TxnNum TxnStatus TxnSubType".split()
    ),
    "PurchaseOrder": frozenset(
        "AttachableRef BillEmail DepartmentRef DropShipToEntity ExpectedDate FOB HomeTotalCostAmount InventorySiteRef ManuallyClosed PrintStatus ProjectRef PurchaseOrderEx RecurringInfo ReimbursableInfoRef ReplyEmail Tag TaxCodeRef TaxFormNum TaxFormType TemplateRef TotalCostAmount TxnApprovalInfo TxnSource TxnStatus TxnSubType".split()
    ),
    "RecurringTransaction": frozenset("AttachableRef IntuitObject".split()),
    "RefundReceipt": frozenset(
        "ARAccountRef AttachableRef AutoDocNumber BillEmailBcc BillEmailCc DeliveryInfo DiscountAmt DiscountRate DueDate EmailStatus FOB FinanceCharge FreeFormAddress GovtTxnRefIdentifier HomeTotalCostAmount LinkedTxn PONumber RecurringInfo RefundReceiptEx RemainingCredit RemitToRef SalesRepRef SalesTermRef ShipDate ShipFromAddr ShipMethodRef ShippingTaxIncludedInTotalTax Tag TaxFormNum TaxFormType TemplateRef TotalCostAmount TrackingNum TxnApprovalInfo TxnStatus TxnSubType".split()
    ),
    "ReimburseCharge": frozenset(
        "AttachableRef CustomField DepartmentRef DocNumber HomeTotalCostAmount ProjectRef RecurDataRef RecurringInfo Tag TaxFormNum TaxFormType TotalCostAmount TransactionLocationType TxnApprovalInfo TxnSource TxnStatus TxnSubType TxnTaxDetail".split()
    ),
    "SalesReceipt": frozenset(
        "ARAccountRef AttachableRef AutoDocNumber BillEmailBcc BillEmailCc CheckPayment DiscountAmt DiscountRate DueDate FOB FinanceCharge GovtTxnRefIdentifier HomeTotalCostAmount LessCIS PONumber PaymentType RecurringInfo RemitToRef SalesReceiptEx SalesRepRef SalesTermRef ShippingTaxIncludedInTotalTax Tag TaxExemptionRef TaxFormNum TaxFormType TemplateRef TotalCostAmount TxnApprovalInfo TxnStatus TxnSubType".split()
    ),
    "TaxAgency": frozenset(
        "APAccountRef AcctNum Active AgencyVerificationStatus AgencyVerificationStatusMsg AgencyVerificationTSUTC AltContactName AlternatePhone AttachableRef Balance BillAddr BillRate BusinessNumber CISRate CompanyName CompanyRegistrationNumber ContactName CostRate CreditLimit CurrencyRef CustomField DefaultTaxCodeRef FamilyName Fax FullyQualifiedName GSTIN GSTRegistrationType GivenName HasTPAR IntuitId IsSubContractor MiddleName Mobile Notes OpenBalanceDate Organization OtherAddr OtherContactInfo ParentRef PrefillAccountRef PrimaryEmailAddr PrimaryPhone PrintOnCheckName ReportingPeriod SalesTaxCodeRef SalesTaxCountry SalesTaxReturnRef ShipAddr Source SubcontractorType Suffix T4AEligible T5018Eligible TDSEnabled TDSEntityTypeId TDSOverrideThreshold TDSSectionTypeId TaxAgencyExt TaxCountry TaxIdEffectiveDate TaxIdentifier TaxOnPurchasesAccountRef TaxOnTax TaxReportingBasis TaxTrackedOnSalesAccountRef TermRef Title UserId V4IDPseudonym Vendor1099 VendorEx VendorPaymentBankDetail VendorTypeRef WebAddr".split()
    ),
    "TaxClassification": frozenset(
        "ApplicableTo AttachableRef Code CustomField Description Level Name".split()
    ),
    "TaxCode": frozenset("AdjustmentTaxRateList AttachableRef CustomField TaxCodeEx".split()),
    "TaxPayment": frozenset("AttachableRef CustomField".split()),
    "TaxRate": frozenset("AttachableRef CustomField TaxRateEx".split()),
    "Term": frozenset("AttachableRef CustomField SalesTermEx".split()),
    "TimeActivity": frozenset(
        "AttachableRef BreakSeconds CustomField HoursInEmployeeTimeZone OtherNameRef Seconds TimeActivityEx TimeChargeId TimeZone".split()
    ),
    "Transfer": frozenset(
        "AttachableRef ClassRef CustomField DepartmentRef DocNumber ExchangeRate HomeTotalCostAmount Line LinkedTxn ProjectRef RecurringInfo Tag TaxFormNum TaxFormType TotalCostAmount TransferEx TxnApprovalInfo TxnSource TxnStatus TxnSubType TxnTaxDetail".split()
    ),
    "Vendor": frozenset(
        "AgencyVerificationStatus AgencyVerificationStatusMsg AgencyVerificationTSUTC AltContactName AttachableRef CISRate CompanyRegistrationNumber ContactName CreditLimit CustomField DefaultTaxCodeRef FullyQualifiedName IntuitId IsSubContractor Notes OpenBalanceDate Organization OtherAddr ParentRef PrefillAccountRef ShipAddr SubcontractorType TDSEnabled TDSEntityTypeId TDSOverrideThreshold TDSSectionTypeId TaxCountry TaxIdEffectiveDate UserId V4IDPseudonym VendorEx VendorTypeRef".split()
    ),
    "VendorCredit": frozenset(
        "AttachableRef BillEmail CustomField HomeTotalCostAmount Memo ProjectRef RecurringInfo ReplyEmail Tag TaxFormNum TaxFormType TotalCostAmount TxnApprovalInfo TxnSource TxnStatus TxnSubType TxnTaxDetail VendorAddr VendorCreditEx".split()
    ),
}
