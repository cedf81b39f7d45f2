"""Which detail types belong to which type of account, as far as companies in the United States have them."""

from __future__ import annotations

_DETAILS = {
    "Bank": "CashOnHand Checking MoneyMarket RentsHeldInTrust Savings TrustAccounts",
    "Accounts Receivable": "AccountsReceivable",
    "Other Current Asset": "AllowanceForBadDebts DevelopmentCosts EmployeeCashAdvances OtherCurrentAssets Inventory"
    " Investment_MortgageRealEstateLoans Investment_Other Investment_TaxExemptSecurities"
    " Investment_USGovernmentObligations LoansToOfficers LoansToOthers LoansToStockholders PrepaidExpenses"
    " Retainage UndepositedFunds",
    "Fixed Asset": "AccumulatedAmortization AccumulatedDepletion AccumulatedDepreciation Buildings DepletableAssets"
    " FixedAssetComputers FixedAssetCopiers FixedAssetFurniture FixedAssetOtherToolsEquipment FixedAssetPhone"
    " FixedAssetPhotoVideo FixedAssetSoftware FurnitureAndFixtures IntangibleAssets Land LeaseholdImprovements"
    " MachineryAndEquipment OtherFixedAssets Vehicles",
    "Other Asset": "AccumulatedAmortizationOfOtherAssets Goodwill LeaseBuyout Licenses OrganizationalCosts"
    " OtherLongTermAssets SecurityDeposits",
    "Accounts Payable": "AccountsPayable",
    "Credit Card": "CreditCard",
    "Other Current Liability": "DirectDepositPayable FederalIncomeTaxPayable GlobalTaxPayable GlobalTaxSuspense"
    " InsurancePayable LineOfCredit LoanPayable OtherCurrentLiabilities PayrollClearing PayrollTaxPayable"
    " PrepaidExpensesPayable RentsInTrustLiability SalesTaxPayable StateLocalIncomeTaxPayable"
    " TrustAccountsLiabilities",
    "Long Term Liability": "NotesPayable OtherLongTermLiabilities ShareholderNotesPayable",
    "Equity": "AccumulatedAdjustment CommonStock OpeningBalanceEquity OwnersEquity PaidInCapitalOrSurplus"
    " PartnerContributions PartnerDistributions PartnersEquity PreferredStock RetainedEarnings TreasuryStock",
    "Income": "DiscountsRefundsGiven NonProfitIncome OtherPrimaryIncome SalesOfProductIncome ServiceFeeIncome"
    " UnappliedCashPaymentIncome",
    "Other Income": "DividendIncome InterestEarned OtherInvestmentIncome OtherMiscellaneousIncome TaxExemptInterest",
    "Cost of Goods Sold": "CostOfLaborCos EquipmentRentalCos OtherCostsOfServiceCos ShippingFreightDeliveryCos"
    " SuppliesMaterialsCogs",
    "Expense": "AdvertisingPromotional Auto BadDebts BankCharges CharitableContributions CostOfLabor"
    " DuesSubscriptions Entertainment EntertainmentMeals EquipmentRental FinanceCosts Insurance InterestPaid"
    " LegalProfessionalFees OfficeGeneralAdministrativeExpenses OtherBusinessExpenses"
    " OtherMiscellaneousServiceCost PayrollExpenses PromotionalMeals RentOrLeaseOfBuildings RepairMaintenance"
    " ShippingFreightDelivery SuppliesMaterials TaxesPaid Travel TravelMeals UnappliedCashBillPaymentExpense"
    " Utilities",
    "Other Expense": "Amortization Depreciation ExchangeGainOrLoss OtherMiscellaneousExpense PenaltiesSettlements",
}
# What an account gets that names only its type, as Intuit's page of Account marks it.
DEFAULTS = {
    "Accounts Payable": "AccountsPayable",
    "Accounts Receivable": "AccountsReceivable",
    "Bank": "CashOnHand",
    "Cost of Goods Sold": "CostOfLaborCos",
    "Credit Card": "CreditCard",
    "Equity": "OpeningBalanceEquity",
    "Expense": "Travel",
    "Fixed Asset": "FurnitureAndFixtures",
    "Income": "OtherPrimaryIncome",
    "Long Term Liability": "NotesPayable",
    "Other Asset": "Licenses",
    "Other Current Asset": "EmployeeCashAdvances",
    "Other Current Liability": "OtherCurrentLiabilities",
    "Other Expense": "Depreciation",
    "Other Income": "OtherInvestmentIncome",
}
_TYPES = {detail: kind for kind, details in _DETAILS.items() for detail in details.split()}


def type_of(detail: str) -> str | None:
    """The type of account that a detail type belongs to, where it is known."""
    return _TYPES.get(detail)
